// oidc-provider on loopback, behind what ends TLS for ISSUER. PEOPLE is {ADDRESS: whether it was verified}. Its own pages ask for any name and password.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const { ISSUER, PORT, CLIENT, SECRET, REDIRECT, PEOPLE, LIBRARY } = process.env;
const { Provider } = await import(pathToFileURL(createRequire(`${LIBRARY}/`).resolve('oidc-provider')));
const people = JSON.parse(PEOPLE);
const provider = new Provider(ISSUER, {
  clients: [{ client_id: CLIENT, client_secret: SECRET, redirect_uris: [REDIRECT] }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  scopes: ['openid', 'email', 'profile'],
  pkce: { required: () => true },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: `account of ${id}`, email: id, email_verified: people[id], name: id }) }),
});
provider.proxy = true;
provider.listen(Number(PORT), '127.0.0.1');
