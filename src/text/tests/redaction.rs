//! What is taken out of a text, and what survives.

use super::*;

#[test]
fn userinfo_of_a_url_is_redacted_and_its_host_stays() {
    assert_eq!(
        hides("Get https://user:hunter2@h.example.com/v2/: EOF"),
        "Get https://[redacted]@h.example.com/v2/: EOF"
    );
    hides("proxyconnect http://bob:hunter2@proxy.example.com:3128: refused");
    hides("https://bob:hunter2/x@h.example.com/v2/");
    hides("https://bob:p@hunter2@h.example.com/v2/");
    hides(r#"{"url":"https:\/\/bob:hunter2@h.example.com\/v2\/"}"#);
    hides("login to bob:hunter2@registry.example.com failed");
    keeps("docker://registry.example.com:5000/team/app:1.0@sha256:0123456789abcdef0123456789abcdef");
    keeps("https://[2001:db8::1]:5000/v2/: EOF");
}

#[test]
fn query_parameters_are_redacted_unless_they_are_known_to_be_harmless() {
    assert_eq!(
        clean(
            "GET https://auth.example.com/token?account=bob&scope=repository%3Ateam%2Fapp%3Apull&service=r.example.com: 401"
        ),
        "GET https://auth.example.com/token?account=bob&scope=repository%3Ateam%2Fapp%3Apull&service=r.example.com: 401"
    );
    let s3 = hides(
        "Get \"https://b.s3.amazonaws.com/x?X-Amz-Credential=hunter2%2F2024&X-Amz-Signature=abcdef0123456789&ns=docker.io\": EOF",
    );
    assert!(s3.ends_with("&ns=docker.io\": EOF"), "{s3}");
    hides("https://x.blob.core.windows.net/c?se=2024-01-01&sig=s3cr3t%3D&sv=2020: 403 Forbidden");
    hides("https://d.cloudfront.net/x?Policy=hunter2\\u0026Signature=s3cr3t\\u0026Key-Pair-Id=hunter2");
    hides("Get \"hub.example.com/token?account=admin&token=hunter2\": unsupported protocol scheme \"\"");
    let trailing = clean("https://h.example.com/x?sig=s3cr3t: 403 Forbidden");
    assert_eq!(trailing, "https://h.example.com/x?sig=[redacted]: 403 Forbidden");
}

#[test]
fn pairs_are_redacted_in_every_encoding() {
    for text in [
        "password=hunter2",
        "--password=hunter2, retrying",
        "PASSWORD = hunter2",
        "DB_PASSWORD=hunter2 REGISTRY_TOKEN=s3cr3t",
        r#"{"username":"u","password":"hunter2"}"#,
        r#"err="{\"username\":\"u\",\"password\":\"hunter2\"}""#,
        r#"msg="err=\"{\\\"password\\\":\\\"hunter2\\\"}\"""#,
        r#"{"password": "hun\"ter2hunter2"}"#,
        "body: grant_type=password&username=u&password=p%40ss&scope=repository:team/app:pull",
        "url password%3Dhunter2%26scope%3Dx",
        "%7B%22password%22%3A%22hunter2%22%7D",
        "&quot;password&quot;:&quot;hunter2&quot;",
        "{'identitytoken': 'hunter2'}",
        "username: bob password: hunter2",
        "user=bob, password: hunter2",
        "&AuthConfig{Username:bob,Password:hunter2,Auth:s3cr3t,ServerAddress:r.example.com,}",
        "refresh_token=hunter2; id_token=s3cr3t; client_secret=hunter2",
        "aws_secret_access_key=hunter2 apiKey=s3cr3t session=hunter2",
        "AccountName=x;AccountKey=c2lnbmF0dXJl==;EndpointSuffix=core.windows.net",
        "{\"tokens\":[\"hunter2\",\"s3cr3t\"]}",
        "{\"auths\":{\"r.example.com\":{\"auth\":\"Zm9vYmFy\"}}}",
        "password=\"hunter2 and the text was cut",
        "authorization=Bearer hunter2.x.y",
        "access_token:hunter2hunter2",
        "identitytoken:\"hunter2\"",
        "user 'bob' password 'hunter2'",
        "helm registry login --username bob --password hunter2 r.example.com",
        "curl -u bob:hunter2 https://r.example.com",
        "docker login -u bob -p hunter2 r.example.com",
        "helm registry login r.example.com --username bob -p=hunter2",
        "skopeo copy --src-creds bob:hunter2 docker://r.example.com/a dir:x",
        "echo 'hunter2' | docker login --password-stdin r.example.com",
        "+ echo -n hunter2 | docker login -u ci --password-stdin r.example.com",
        "/bin/sh -c \"echo \\\"hunter2\\\" | docker login --password-stdin\" failed",
        "printf '%s' \"hunter2\" | helm registry login r.example.com --password-stdin",
        "echo 'hunter2|s3cr3t' | docker login --password-stdin",
        "echo hunter2 | base64 -d | podman login --password-stdin",
        "docker login -u ci --password-stdin r.example.com <<< hunter2",
    ] {
        hides(text);
    }
    let body = clean("grant_type=password&username=u&password=p%40ss&scope=repository:team/app:pull");
    assert_eq!(body, "grant_type=password&username=u&password=[redacted]&scope=repository:team/app:pull");
}

#[test]
fn headers_are_redacted_and_challenges_stay() {
    assert_eq!(hides("Authorization: Basic dXNlcjpodW50ZXIy"), "Authorization: Basic [redacted]");
    hides("Authorization: Bearer abcdef0123456789");
    hides("map[Authorization:[Basic dXNlcjpodW50ZXIy] Accept:[*/*]]");
    hides("X-Registry-Auth: Zm9vYmFyc3VwZXI0");
    hides("Set-Cookie: sid=s3cr3t; Path=/; HttpOnly");
    hides("sent bearer abcdef0123456789 to the registry");
    keeps(
        r#"Bearer realm="https://auth.example.com/token",service="r.example.com",scope="repository:team/app:pull",error="invalid_token""#,
    );
    keeps(r#"Www-Authenticate: Basic realm="harbor""#);
    keeps(r#"Bearer realm=\"https://auth.example.com/token\",service=\"r\""#);
}

#[test]
fn tokens_keys_and_encoded_credentials_are_known_by_their_shape() {
    for text in [
        "denied for ghp_abcdef0123456789abcdef0123456789abcd",
        "github_pat_11ABCDEFG0abcdef0123456789",
        "glpat-abcdef0123456789",
        "dckr_pat_abcdef0123456789",
        "AKIAIOSFODNN7EXAMPLE",
        "ya29.abcdef0123456789",
        "xoxb-abcdef0123456789",
        "hvs.abcdef0123456789",
        "npm_abcdef0123456789abcdef",
        "pypi-AgEIcHlwaS5vcmcabcdef0123456789",
        "token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl was refused",
        "cut eyJhbGciOiJSUzI1NiJ9.eyJzdW",
        "read dXNlcjpodW50ZXIy from the secret",
        "eyJwYXNzd29yZCI6Imh1bnRlcjIifQ==",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEvQIBADANBg\nabc=\n-----END RSA PRIVATE KEY----- trailing",
        "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBg and cut",
        "key data MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ",
        "MIIEvQIBADANBgkqhkiG9w0BAQ==\n-----END EC PRIVATE KEY-----",
    ] {
        hides(text);
    }
}

#[test]
fn what_tells_the_cause_survives() {
    for text in [
        "failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://auth.example.com/token: 401 Unauthorized",
        "failed to fetch anonymous token: unexpected status: 403 Forbidden",
        "invalid token",
        "denied: invalid token: token expired",
        "no basic auth credentials",
        "authorization failed: no basic auth credentials",
        "server message: insufficient_scope: authorization failed",
        "server message: invalid_token: authorization failed",
        "unauthorized: incorrect username or password",
        "invalid username/password: unauthorized",
        "wrong password: try again",
        "password authentication failed for user \"bob\"",
        "password: must not be empty",
        "failed to decode bearer token: token is not valid yet",
        "the token is expired",
        "token not to be used before 1451418688 or after 1451419589 - currently 1451418655",
        "Basic authentication is not enabled",
        "failed to verify token: token signed by untrusted key with ID: x",
        "unable to get PrivateKey from PEM type: PRIVATE KEY",
        "Failed to pull image \"team-auth:latest\": rpc error: code = Unknown desc = x",
        "registry.example.com/team/token:1.0@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "repository:team/app:pull,push",
        "request-id: 4bd9ed2a-2b3c-4d5e-8f90-0123456789ab",
        "RequestId:0f5c1e7a-301e-0047-4d3c-2f8f8a000000 Time:2024-06-22T22:03:47.1234567Z",
        "took 1m2.345s (58ms including waiting)",
        "current time 2024-06-22T22:03:47-04:00 is after 2019-02-27T04:29:33Z",
        "error getting credentials - err: exec: \"docker-credential-acr\": executable file not found in $PATH, out: ``",
        "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.",
        "secrets \"regcred\" not found",
        "imagePullSecret: regcred-2024",
        r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":[{"Type":"repository","Name":"team/app","Action":"pull"}]}]}"#,
        "{\"token\":\"\",\"expires_in\":300}",
        "failed commit on ref \"layer-sha256:0f165aae9b53c11c81ec363455cf7edc79937d893792acc6f3ac06be8dd3d2ae\": unexpected commit digest",
        "lookup registry.example.com on 10.0.0.10:53: read udp 10.1.0.5:33821->10.0.0.10:53: i/o timeout",
        "offline_token=true&client_id=docker",
        "use --password-stdin for this",
        "echo \"$CI_REGISTRY_PASSWORD\" | docker login --password-stdin $CI_REGISTRY",
        "echo ${{ secrets.TOKEN }} | docker login --password-stdin ghcr.io",
        "password \"\" is not allowed",
        "-u is no flag of this command: see --help",
        "ghcr.io/team/access_token:v1.2.3",
    ] {
        keeps(text);
    }
}

#[test]
fn an_invisible_character_does_not_hide_a_key() {
    hides("pass\u{200b}word=hunter2");
    hides("\u{1b}[1mpassword\u{1b}[0m=hunter2");
}
