// google-auth-library for Node against the simulated cloud: the kinds of credentials that gcloud does not show. One line of JSON for each
// check: {"ok", "name", "note"}. SIM is {"project", "number", "credentials", "proxy"}; FOLDER is for files.
import { createRequire } from 'node:module';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const require = createRequire(path.join(process.env.AUTH_LIBRARY, 'package.json'));
const { GoogleAuth, JWT, Impersonated, OAuth2Client, Compute } = require('google-auth-library');
const sim = JSON.parse(process.env.SIM), folder = process.env.FOLDER;
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform', AUDIENCE = 'https://service.example.com';
const CRM = `https://cloudresourcemanager.googleapis.com/v1/projects/${sim.project}`, IAM = `https://iam.googleapis.com/v1/projects/${sim.project}`;

const file = (name, content) => {
  const at = path.join(folder, name);
  fs.writeFileSync(at, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
  return at;
};
const check = async (name, what) => {
  let good = false, note = '';
  try {
    const got = await what();
    good = got === true;
    note = good ? '' : JSON.stringify(got);
  } catch (e) {
    note = `${e.message} ${JSON.stringify(e.response?.data ?? '')}`;
  }
  console.log(JSON.stringify({ ok: good, name, note }));
};
// A right takes minutes to spread; minutes are short here.
const until = async (what) => {
  for (let i = 0; ; i++) {
    try {
      return await what();
    } catch (e) {
      if (i > 200) throw e;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
};
const audienceOf = async (token, audience, email) => {
  const ticket = await new OAuth2Client().verifyIdToken({ idToken: token, audience });
  return ticket.getPayload().email === email || ticket.getPayload();
};

const owner = await new GoogleAuth({ keyFile: sim.credentials, scopes: SCOPE }).getClient();
const ask = async (method, url, data) => (await owner.request({ method, url, data })).data;

await check('authorized_user: an access token of the refresh token, whose owner is known', async () =>
  (await owner.getTokenInfo((await owner.getAccessToken()).token)).email === 'operator@example.com');
await check('authorized_user: a request with it is answered', async () => (await ask('GET', CRM)).projectId === sim.project);

const account = `robot-1@${sim.project}.iam.gserviceaccount.com`, account_url = `${IAM}/serviceAccounts/${account}`;
await until(() => ask('POST', `https://serviceusage.googleapis.com/v1/projects/${sim.number}/services:batchEnable`, { serviceIds: ['iam.googleapis.com', 'iamcredentials.googleapis.com', 'sts.googleapis.com'] }));
await until(() => ask('POST', `${IAM}/serviceAccounts`, { accountId: 'robot-1' }));
const key = await until(() => ask('POST', `${account_url}/keys`, {}));
const key_file = file('key.json', Buffer.from(key.privateKeyData, 'base64').toString());
await until(() => ask('POST', `${CRM}:setIamPolicy`, { policy: { bindings: [{ role: 'roles/owner', members: ['user:operator@example.com'] }, { role: 'roles/viewer', members: [`serviceAccount:${account}`] }] } }));
const POOL = `projects/${sim.number}/locations/global/workloadIdentityPools/outside`, SUBJECT = `principal://iam.googleapis.com/${POOL}/subject/worker`;
await until(() => ask('POST', `${account_url}:setIamPolicy`, { policy: { bindings: [
  { role: 'roles/iam.serviceAccountTokenCreator', members: ['user:operator@example.com'] },
  { role: 'roles/iam.workloadIdentityUser', members: [SUBJECT] }] } }));

const robot = await new GoogleAuth({ keyFile: key_file, scopes: SCOPE }).getClient();
await check('service_account: an access token for a JWT that its key has signed', async () =>
  (await new OAuth2Client().getTokenInfo((await robot.getAccessToken()).token)).email === account);
await check('service_account: its grants act', async () => until(async () => (await robot.request({ url: CRM })).data.projectId === sim.project));
await check('service_account: an ID token for an audience, checked against the published keys', async () =>
  audienceOf(await robot.fetchIdToken(AUDIENCE), AUDIENCE, account));
await check('service_account: a JWT of its own is taken in place of an access token, by the host that it names', async () => {
  const { client_email: email, private_key, private_key_id: keyId } = JSON.parse(fs.readFileSync(key_file)), own = new JWT({ email, key: private_key, keyId });
  own.defaultServicePath = 'cloudresourcemanager.googleapis.com';
  const taken = (await own.request({ url: CRM })).data.projectId === sim.project;
  return taken && own.request({ url: `${IAM}/serviceAccounts` }).then(() => 'taken elsewhere', (e) => e.status === 401);
});
await check('service_account: an unknown key is refused as Google refuses it', async () => {
  const other = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  const forged = await new GoogleAuth({ keyFile: file('forged.json', { ...JSON.parse(fs.readFileSync(key_file)), private_key: other }), scopes: SCOPE }).getClient();
  return forged.getAccessToken().then(() => 'a token came', (e) => e.response?.data?.error === 'invalid_grant' && /Invalid JWT Signature/.test(e.message) || e.message);
});

const robot_by_owner = new Impersonated({ sourceClient: owner, targetPrincipal: account, lifetime: 600, delegates: [], targetScopes: [SCOPE] });
await check('impersonation: an access token of the account', async () => until(async () =>
  (await new OAuth2Client().getTokenInfo((await robot_by_owner.getAccessToken()).token)).email === account));
await check('impersonation: an ID token with its address', async () => audienceOf(await robot_by_owner.fetchIdToken(AUDIENCE, { includeEmail: true }), AUDIENCE, account));
await check('impersonation: a blob signed by the account', async () => !!(await robot_by_owner.sign('text')).signedBlob);

const issuer = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }), jwk = { ...issuer.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' };
await until(() => ask('POST', `${IAM}/locations/global/workloadIdentityPools?workloadIdentityPoolId=outside`, {}));
await until(() => ask('POST', `${IAM}/locations/global/workloadIdentityPools/outside/providers?workloadIdentityPoolProviderId=ci-1`, {
  attributeMapping: { 'google.subject': 'assertion.sub' },
  oidc: { issuerUri: 'https://ci.example.com', jwksJson: JSON.stringify({ keys: [jwk] }) } }));
const b64 = (o) => Buffer.from(JSON.stringify(o)).toString('base64url');
const subject_token = (claims) => {
  const now = Math.floor(Date.now() / 1000), to_sign = `${b64({ alg: 'RS256', kid: 'k1', typ: 'JWT' })}.${b64({
    iss: 'https://ci.example.com', aud: `https://iam.googleapis.com/${POOL}/providers/ci-1`, sub: 'worker', iat: now, exp: now + 600, ...claims })}`;
  return `${to_sign}.${crypto.sign('RSA-SHA256', Buffer.from(to_sign), issuer.privateKey).toString('base64url')}`;
};
const external = (name, claims, more) => file(`${name}.json`, {
  type: 'external_account', audience: `//iam.googleapis.com/${POOL}/providers/ci-1`, subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: 'https://sts.googleapis.com/v1/token', credential_source: { file: file(`${name}.jwt`, subject_token(claims)) }, ...more });
const client = async (at) => new GoogleAuth({ keyFile: at, scopes: SCOPE }).getClient();
await check('external_account: a token of another issuer becomes one of the pool', async () => until(async () =>
  !!(await (await client(external('plain', {}, {}))).getAccessToken()).token));
await check('external_account: and by impersonation one of the account', async () => until(async () => {
  const c = await client(external('as', {}, { service_account_impersonation_url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${account}:generateAccessToken` }));
  return (await new OAuth2Client().getTokenInfo((await c.getAccessToken()).token)).email === account;
}));
await check('external_account: another issuer is refused by STS', async () =>
  (await client(external('foreign', { iss: 'https://elsewhere.example.com' }, {}))).getAccessToken().then(() => 'a token came', (e) => /issuer in ID Token does not match/.test(JSON.stringify(e.response?.data ?? e.message)) || e.message));

// The metadata server speaks plain HTTP: here a door to it, as a machine has one.
const proxy = new URL(sim.proxy);
const door = http.createServer((q, r) => {
  const headers = { ...q.headers, host: 'metadata.google.internal' };
  http.request({ host: proxy.hostname, port: proxy.port, method: q.method, path: `http://metadata.google.internal${q.url}`, headers }, (a) => {
    r.writeHead(a.statusCode, a.headers);
    a.pipe(r);
  }).on('error', () => r.destroy()).end();
});
await new Promise((done) => door.listen(0, '127.0.0.1', done));
process.env.GCE_METADATA_HOST = `127.0.0.1:${door.address().port}`;
process.env.NO_PROXY = process.env.no_proxy = '127.0.0.1';
const machine = new Compute({});
const default_account = `${sim.number}-compute@developer.gserviceaccount.com`;
await check('metadata server: an access token of the machine\'s account', async () =>
  (await new OAuth2Client().getTokenInfo((await machine.getAccessToken()).token)).email === default_account);
await check('metadata server: an ID token for an audience', async () => {
  const token = await machine.fetchIdToken(AUDIENCE);
  return (await new OAuth2Client().verifyIdToken({ idToken: token, audience: AUDIENCE })).getPayload().aud === AUDIENCE;
});
door.close();
