// Connects with the official TypeScript SDK: discovery, authorization code with PKCE, token, tools/list, tools/call, refresh.
// Prints the authorization address for the test to open. Arguments: server URL, then client id and secret; or "register" to register by
// itself; or "document" and the address of its metadata document.
import { createServer } from "node:http";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { UnauthorizedError, auth } from "@modelcontextprotocol/sdk/client/auth.js";

const [serverURL, clientId, clientSecret] = process.argv.slice(2);

const byItself = clientId === "register" || clientId === "document";

const callback = createServer();
const answered = new Promise((resolve) => {
  callback.on("request", (req, res) => {
    res.end("You can close this page.");
    resolve(new URL(req.url, "http://127.0.0.1").searchParams);
  });
});
await new Promise((done) => callback.listen(0, "127.0.0.1", done));
const redirectUrl = `http://127.0.0.1:${callback.address().port}/callback`;

let tokens;
let registered;
let verifier;
const provider = {
  redirectUrl,
  clientMetadata: { redirect_uris: [redirectUrl], client_name: "TypeScript client", token_endpoint_auth_method: byItself ? "none" : "client_secret_post" },
  clientMetadataUrl: clientId === "document" ? clientSecret : undefined,
  state: () => "typescript-state",
  clientInformation: () => (byItself ? registered : { client_id: clientId, client_secret: clientSecret }),
  saveClientInformation: (c) => { registered = c; console.log(`CLIENT ${c.client_id}`); },
  tokens: () => tokens,
  saveTokens: (t) => { tokens = t; },
  redirectToAuthorization: (url) => console.log(`OPEN ${url}`),
  saveCodeVerifier: (v) => { verifier = v; },
  codeVerifier: () => verifier,
};

const connect = async () => {
  const transport = new StreamableHTTPClientTransport(new URL(serverURL), { authProvider: provider });
  const client = new Client({ name: "mandorla-e2e", version: "1" });
  await client.connect(transport);
  return { client, transport };
};

let connection;
try {
  connection = await connect();
  throw new Error("the server let an unauthorized client in");
} catch (err) {
  if (!(err instanceof UnauthorizedError)) throw err;
}
const back = await answered;
callback.close();
// The SDK looks at neither (1.32): a client that is careful does it like this.
if (back.get("state") !== "typescript-state") throw new Error(`another state: ${back}`);
if (back.get("iss") !== new URL(serverURL).origin) throw new Error(`another iss: ${back}`);
await new StreamableHTTPClientTransport(new URL(serverURL), { authProvider: provider }).finishAuth(back.get("code"));

connection = await connect();
const { tools } = await connection.client.listTools();
console.log(`TOOLS ${tools.map((t) => t.name).join(" ")}`);
const answer = await connection.client.callTool({ name: "list_records", arguments: { model: "Company", limit: 3 } });
if (answer.isError) throw new Error(JSON.stringify(answer));
console.log(`ROWS ${answer.structuredContent.records.length} of ${answer.structuredContent.total}`);

const before = tokens.access_token;
if ((await auth(provider, { serverUrl: serverURL })) !== "AUTHORIZED" || tokens.access_token === before) throw new Error("the refresh gave no new token");
const again = await connection.client.callTool({ name: "who_am_i", arguments: {} });
if (again.isError) throw new Error(JSON.stringify(again));
console.log("REFRESHED");
await connection.client.close();
