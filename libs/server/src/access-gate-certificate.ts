/** A certificate for `localhost` that signs itself, with its key, for the gate and the tests alone: it protects nothing, and no program serves with it. */
export const gateCertificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUZVa2V/Ih+aXPkQyYm1t6v3U81vwwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTE1MDA0MVoYDzIxMjYxMDI4
MTUwMDQxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQXe+4HifKIAWLc6tS5BRjj/K1nsd7gAxU1B6xyMg5DTmTOfy4ydU/x
t1a72kfCwqXwD7+TQzLOFaABvVFFOWtEo28wbTAdBgNVHQ4EFgQUJXte4hhpsvpn
faJ2eI1gMDIpCdIwHwYDVR0jBBgwFoAUJXte4hhpsvpnfaJ2eI1gMDIpCdIwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgbI/uHyka3/hHGxaxWFFQaFAE2oSvvY4RREFiTZhxDAYCIAtq
SJ9Dx9N+O4t8BnQwn3Z4waL2lomc8jqsu/C/Vb/R
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgQKOObAqw9OUzOk+/
zeRgfOQNB6TPw93r7MMDstkYUUehRANCAAQXe+4HifKIAWLc6tS5BRjj/K1nsd7g
AxU1B6xyMg5DTmTOfy4ydU/xt1a72kfCwqXwD7+TQzLOFaABvVFFOWtE
-----END PRIVATE KEY-----
`,
} as const;
