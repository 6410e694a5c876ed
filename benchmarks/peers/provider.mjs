// npm's oidc-provider, in memory, with opaque tokens for machines.
import Provider from "oidc-provider";

const port = Number(process.argv[2]);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "machine",
      client_secret: "a-secret-of-the-benchmark",
      grant_types: ["client_credentials"],
      token_endpoint_auth_method: "client_secret_post",
      redirect_uris: [],
      response_types: [],
    },
  ],
  features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
});
provider.listen(port, "127.0.0.1");
