// Okta's Node SDK, unmodified, against the org: prints one JSON object with what it saw.
import okta from '@okta/okta-sdk-nodejs';

const client = new okta.Client({ orgUrl: process.env.ORG_URL, token: process.env.ORG_TOKEN });
const seen = { users: [] };

const users = await client.userApi.listUsers({ limit: 2 });
await users.each((user) => seen.users.push(user.profile.login));
seen.users.sort();

const group = await client.groupApi.createGroup({ group: { profile: { name: 'SDK Node', description: 'made by the SDK' } } });
const user = await client.userApi.createUser({
  activate: true,
  body: {
    profile: { firstName: 'Nora', lastName: 'Node', email: 'nora@sdk.example', login: 'nora@sdk.example' },
    credentials: { password: { value: 'Long-enough-2468' } },
  },
});
seen.status = user.status;
await client.groupApi.assignUserToGroup({ groupId: group.id, userId: user.id });
seen.members = [];
await (await client.groupApi.listGroupUsers({ groupId: group.id })).each((member) => seen.members.push(member.profile.login));
seen.groups = [];
await (await client.userApi.listUserGroups({ id: user.id, userId: user.id })).each((one) => seen.groups.push(one.profile.name));
await client.userApi.suspendUser({ userId: user.id, id: user.id });
seen.suspended = (await client.userApi.getUser({ userId: user.id })).status;
try {
  await client.userApi.getUser({ userId: '00u00000000000000000' });
} catch (error) {
  seen.missing = [error.status, error.errorCode];
}
seen.apps = [];
await (await client.applicationApi.listApplications()).each((app) => seen.apps.push(app.label));
seen.groups.sort();
console.log(JSON.stringify(seen));
