// The short articles behind the help sign of each page. A line that begins a list is a step.

export interface Article {
  title: string;
  parts: { title?: string; text?: string; steps?: string[] }[];
}

export const ARTICLES: Record<string, Article> = {
  tokens: {
    title: 'API tokens',
    parts: [
      {
        text: 'An API token lets an application call this org’s API. It acts as the person who made it: with the roles that the person holds at each call, and only while the person is active.',
      },
      {
        title: 'Make one',
        steps: [
          'Security, API, tab Tokens, Create token.',
          'Name it by what it is for, such as WebReports Integration.',
          'Say where calls may come from: any IP, any network zone, or named zones.',
          'Copy the value. It is shown this once: neither this console nor the API, the database, the log or a backup holds it.',
          'Paste it into the application, and keep it in a password manager or vault if you keep it at all.',
        ],
      },
      {
        title: 'How long it lasts',
        text: 'It lapses after 30 days without use; every use moves that 30 days on. A lapsed or revoked token can’t be brought back. It stops working when its maker is suspended, deactivated or deleted.',
      },
      {
        title: 'Change it for a new one',
        steps: [
          'Make a second token.',
          'Give it to the application and test it there.',
          'Revoke the first one.',
        ],
      },
    ],
  },
  people: {
    title: 'People and administrators',
    parts: [
      {
        text: 'Everybody who signs in through this org is a person here, with a state: staged, pending user action, active, password reset, password expired, locked out, suspended or deactivated.',
      },
      {
        title: 'Add a person',
        steps: [
          'Directory, People, Add person.',
          'Type names, e-mail address and user name, and choose groups.',
          'Choose how the account is activated: by a link that is shown to you once, with a password that you set, or later.',
        ],
      },
      {
        title: 'Many at once',
        steps: [
          'Choose people by the boxes at the left of their rows; Shift chooses a range.',
          'Press Activate, Suspend, Deactivate or Add to groups above the list. What came of it stands beside each name.',
          'For people who are in a spreadsheet: Import from CSV. Each row is checked before anybody is made; rows that are not imported can be downloaded with the reason, mended and imported again.',
        ],
      },
      {
        title: 'When somebody leaves',
        text: 'Suspend keeps everything and can be taken back. Deactivate removes assignments and password and revokes API tokens. Delete, on a deactivated account, is for good.',
      },
      {
        title: 'Administrators',
        text: 'Roles are given on a person’s tab Admin roles, by a super administrator. They count from the next call on, for the person’s API tokens too.',
      },
    ],
  },
  groups: {
    title: 'Groups',
    parts: [
      {
        text: 'A group gives its people applications, and in WebReports the role of its name. Everyone is built in: it holds everybody and can’t be changed.',
      },
      {
        title: 'The groups of WebReports',
        text: 'WRAdmin, WRRoleAdmin, WRUser, WRPublisher, WRScheduler and WRQueue give the roles of WebReports. Somebody has to be in WRAdmin, or nobody can administer it.',
      },
      {
        title: 'Put people in',
        steps: [
          'Directory, Groups, the group, Manage people.',
          'Find people on the left and press Add. Each click counts at once.',
          'Or, on a person’s tab Groups, press Add to groups.',
        ],
      },
    ],
  },
  rules: {
    title: 'Group rules',
    parts: [
      {
        text: 'A rule puts everybody who fits its condition into its groups, and takes them out again when they no longer fit. It is asked whenever a profile changes, and about everybody when it is activated.',
      },
      {
        title: 'Write a condition',
        steps: [
          'Directory, Groups, tab Rules, Add rule.',
          'Choose an attribute and a value, or write an expression: user.department == "Sales" AND user.city == "Berlin".',
          'String.startsWith(user.title, "Head"), String.stringContains(user.title, "Engineer"), Arrays.contains(user.teams, "blue") and isMemberOfGroupName("Everyone") are understood too.',
          'Press Preview: it shows who would be put into the groups, before anybody is.',
        ],
      },
      {
        title: 'Exceptions',
        text: 'People and members of groups can be left out. Whoever is taken out of a group by hand is added to the exceptions of the rule that put them there.',
      },
      {
        title: 'Change a rule',
        text: 'An active rule can’t be changed: deactivate it first. Its groups are chosen once; for other groups make another rule. Groups with administrator roles can’t be filled by a rule.',
      },
    ],
  },
  'profile-editor': {
    title: 'Profile Editor',
    parts: [
      {
        text: 'Every person has a user type, and the type says which attributes a profile may hold: base attributes, which every org has, and custom ones of your own.',
      },
      {
        title: 'Add an attribute',
        steps: [
          'Directory, Profile Editor, the user type, Add attribute.',
          'Choose its data type. It can’t be changed later.',
          'Type the name that people read, and the variable name that rules, claims and the API use.',
          'Say whether it is required, unique, or one of some values, and what people may do with their own.',
          'Its field stands on every person’s tab Profile from then on.',
        ],
      },
      {
        title: 'Remove an attribute',
        text: 'Removing an attribute deletes its value from every profile of that user type. Group rules and claims that ask for it can no longer be evaluated. It can’t be undone.',
      },
    ],
  },
  applications: {
    title: 'Applications',
    parts: [
      {
        text: 'An app integration tells the org about an application that signs people in: where it may send them back to, and who may use it. In return it gives a client ID and a client secret.',
      },
      {
        title: 'Connect WebReports',
        steps: [
          'Applications, Create App Integration, Web Application.',
          'Sign-in redirect URI: the address of WebReports with /OIDCCallback. Sign-out redirect URI: its address with /.',
          'Assign it to Everyone or to the groups of WebReports.',
          'Copy client ID and client secret from the tab General into the set-up of WebReports.',
        ],
      },
      {
        title: 'Okta API Scopes',
        text: 'On the tab Okta API Scopes an application is granted scopes such as okta.users.read, so that it may ask for tokens of this org’s API with them. A service application needs an administrator role as well.',
      },
      {
        title: 'Change the client secret',
        steps: [
          'On the tab General press Generate new secret. Both work now.',
          'Give the new one to the application and test it.',
          'Deactivate the old one; when nothing fails, delete it.',
        ],
      },
      {
        title: 'Groups claim',
        text: 'On the tab Sign On, Group claim type Filter with “Starts with WR” puts group names into the ID token. WebReports takes it only as a fallback while it can’t read groups through its API token.',
      },
    ],
  },
  'authorization-servers': {
    title: 'Authorization servers',
    parts: [
      {
        text: 'An authorization server issues tokens under its own issuer, for an API of yours: with its audience, scopes, claims and policies. The org authorization server signs people in to this org’s own applications and is not changed here.',
      },
      {
        title: 'Make one',
        steps: [
          'Security, API, Add authorization server: a name, and the audience that your API expects.',
          'Tab Scopes: what an application can ask for.',
          'Tab Claims: what tokens say beside what all tokens say, by an expression such as user.department or by a filter of groups.',
          'Tab Access Policies: which applications get tokens, and by which rule. Without a rule that fits nobody gets any.',
          'Tab Token Preview: what tokens would hold, before any is given out.',
        ],
      },
      {
        title: 'Order of policies and rules',
        text: 'Policies are asked from the top; the first of those for the application that has a fitting rule decides. Drag them by the handle, or focus the handle and press the arrow keys.',
      },
      {
        title: 'Signing keys',
        text: 'Keys rotate by themselves every three months, with the next key published beforehand. In manual mode press Rotate keys; applications that keep the old key sets a long time need the next key in them first.',
      },
    ],
  },
  networks: {
    title: 'Networks and origins',
    parts: [
      {
        text: 'An IP zone is a list of addresses, ranges and CIDR blocks. An API token can be tied to zones, so that calls from elsewhere are refused and written to the System Log. A zone on the block list shuts its addresses out.',
      },
      {
        title: 'Behind a proxy',
        text: 'The org sees the proxy’s address unless the proxy stands among the trusted proxy IPs of a zone; only then is what it says of the address before it believed.',
      },
      {
        title: 'Trusted origins',
        text: 'Pages of other sites may call the API from the browser, or be sent to after signing in or out, only when their origin stands at Security, API, Trusted Origins.',
      },
    ],
  },
  downloads: {
    title: 'Downloads',
    parts: [
      {
        text: 'The https address of this org has a certificate of the org’s own authority. Programs that call it have to trust that authority: give them the file org-ca.pem by the variable that they know. The file is public and holds no key.',
      },
      {
        title: 'An import of people',
        text: 'people.csv names the columns of an import. Other columns may be added: every attribute of the Profile Editor, and a password.',
      },
    ],
  },
  'system-log': {
    title: 'System Log',
    parts: [
      {
        text: 'Whatever changes in the org, every sign-in and every refused call is an event: who, what, to what, from where, and how it ended. Events are kept for 90 days and can’t be changed.',
      },
      {
        title: 'Find something',
        text: 'Words are looked for in the whole event; all of them must be there. A filter expression is exact: actor.alternateId eq "ada@example.com", target.id eq "00g…", transaction.detail.requestApiTokenId eq "00T…" for the calls of one token. What is filtered stands in the address and can be sent to somebody.',
      },
      {
        title: 'Live, and as a file',
        text: 'Live adds events while they happen; rows wait while the pointer is over the list. Export CSV writes what the filters leave, at most the newest 50,000 events.',
      },
    ],
  },
};
