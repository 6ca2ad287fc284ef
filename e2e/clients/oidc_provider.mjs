// Another authorization server with the clients, the scope and the resource of the differential test, whose people agree to everything.
// Argument: the redirect addresses, comma-separated. Prints where it listens.
import { createServer } from "node:http";
import { Provider, errors } from "oidc-provider";

const redirect_uris = process.argv[2].split(",");
const common = { redirect_uris, grant_types: ["authorization_code", "refresh_token"], response_types: ["code"], application_type: "native" };
const secret = "a-secret-of-more-than-thirty-two-characters";

const server = createServer();
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const origin = `http://127.0.0.1:${server.address().port}`;
const resource = `${origin}/v1/mcp`;

const provider = new Provider(origin, {
  clients: [
    { ...common, client_id: "public", token_endpoint_auth_method: "none" },
    { ...common, client_id: "other", token_endpoint_auth_method: "none" },
    { ...common, client_id: "confidential", client_secret: secret, token_endpoint_auth_method: "client_secret_post" },
  ],
  scopes: ["companies:view"],
  pkce: { required: () => true },
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  findAccount: async (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  interactions: { url: (ctx, { uid }) => `/interaction/${uid}` },
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo(ctx, asked) {
        if (asked !== resource) throw new errors.InvalidTarget();
        return { scope: "companies:view companies:update", audience: resource, accessTokenFormat: "opaque" };
      },
    },
  },
  ttl: { AccessToken: 3600, AuthorizationCode: 60, Grant: 86400, Interaction: 600, RefreshToken: 86400, Session: 86400 },
  cookies: { keys: ["a key of the differential test"] },
});

const answer = provider.callback();
server.on("request", async (req, res) => {
  try {
    if (!req.url.startsWith("/interaction/")) return answer(req, res);
    const { params } = await provider.interactionDetails(req, res);
    const grant = new provider.Grant({ accountId: "somebody", clientId: params.client_id });
    if (params.scope) grant.addOIDCScope(params.scope);
    for (const one of [params.resource ?? []].flat()) grant.addResourceScope(one, params.scope ?? "companies:view");
    const result = { login: { accountId: "somebody" }, consent: { grantId: await grant.save() } };
    await provider.interactionFinished(req, res, result, { mergeWithLastSubmission: false });
  } catch (err) {
    res.writeHead(500).end(String(err?.stack ?? err));
  }
});
console.log(`LISTEN ${origin}`);
