// An administrator registers an application and gives it to everybody, with Okta's Node SDK.
import okta from '@okta/okta-sdk-nodejs';

/** The registered application. `client` and `settings` are its `oauthClient` in credentials and settings. */
export async function register(label, client, settings) {
  const management = new okta.Client({ orgUrl: process.env.ORG_URL, token: process.env.ORG_TOKEN });
  const application = await management.applicationApi.createApplication({
    application: {
      name: 'oidc_client',
      label,
      signOnMode: 'OPENID_CONNECT',
      credentials: { oauthClient: client },
      settings: { oauthClient: { response_types: ['code'], grant_types: ['authorization_code'], ...settings } },
    },
  });
  let everyone;
  await (await management.groupApi.listGroups({ q: 'Everyone' })).each((group) => (everyone = group));
  await management.applicationApi.assignGroupToApplication({ appId: application.id, groupId: everyone.id });
  return application.credentials.oauthClient;
}
