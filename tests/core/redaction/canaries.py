"""Made-up secrets in the places where real ones stand, from a seed.

No literal here is a credential: prefixes are put together when a secret is made, and
what follows them comes from a generator of random numbers.
"""

from __future__ import annotations

import base64
import json
import string
from collections.abc import Callable
from random import Random
from typing import NamedTuple


class Canary(NamedTuple):
    """A text and the secret in it."""

    kind: str
    text: str
    secret: str


Maker = Callable[[Random], str]
Form = Callable[[Random, str], str]

HEX = "0123456789abcdef"
DIGITS = string.digits
UPPER = string.ascii_uppercase + "234567"
ALNUM = string.ascii_letters + string.digits
URLSAFE = ALNUM + "-_"
BASE64 = ALNUM + "+/"
_SIGNS = "!#%&*+-_.?"
_WORDS = (
    *("summer", "winter", "dragon", "falcon", "coffee", "monkey", "rocket", "purple"),
    *("garden", "silver", "bridge", "orange", "tiger", "planet", "castle", "marble"),
)


def some(random: Random, alphabet: str, size: int) -> str:
    """Return size characters, at least one letter and one digit where there are any."""
    while True:
        text = "".join(random.choices(alphabet, k=size))
        mixed = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
        if mixed or alphabet == DIGITS or alphabet.isalpha():
            return text


def _token(random: Random) -> str:
    return some(random, random.choice((ALNUM, HEX, URLSAFE)), random.randint(20, 44))


def _password(random: Random) -> str:
    """Return a password as people choose them: words, digits, a sign."""
    one, two = random.sample(_WORDS, 2)
    return random.choice(
        (
            f"{one.title()}{random.randint(1000, 9999)}{random.choice(_SIGNS[:6])}",
            f"{one}{two}{random.randint(10, 999999)}",
            f"{one}{two}{random.choice(_WORDS)}",
            f"{one.title()}{two}{random.choice('!#*')}{random.randint(0, 99999)}",
            some(random, ALNUM + "!#%*+", random.randint(12, 24)),
        )
    )


def _jwt(random: Random) -> str:
    def part(value: object) -> str:
        data = json.dumps(value, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    head = part({"alg": "HS256", "typ": "JWT"})
    body = part({"sub": str(random.randint(1, 10**9)), "iat": random.randint(1, 10**9)})
    return f"{head}.{body}.{some(random, URLSAFE, 43)}"


def _prefixed(prefix: str, alphabet: str, size: int) -> Maker:
    return lambda random: prefix + some(random, alphabet, size)


def _dotted(*parts: tuple[str, str, int]) -> Maker:
    return lambda random: ".".join(
        prefix + some(random, alphabet, size) for prefix, alphabet, size in parts
    )


#: What each provider's credentials look like.
PROVIDERS: dict[str, tuple[Maker, ...]] = {
    "aws-key-id": (
        _prefixed("AK" + "IA", UPPER, 16),
        _prefixed("AS" + "IA", UPPER, 16),
    ),
    "github-classic": tuple(
        _prefixed(f"gh{letter}_", ALNUM, 36) for letter in "p" + "ous"
    ),
    "github-fine-grained": (
        lambda random: (
            f"github{'_pat_'}{some(random, ALNUM, 22)}_{some(random, ALNUM, 59)}"
        ),
    ),
    "gitlab": (
        _prefixed("gl" + "pat-", URLSAFE[:-2], 20),
        _prefixed("gl" + "dt-", ALNUM, 20),
    ),
    "slack": (
        lambda random: (
            f"xo{'xb-'}{some(random, DIGITS, 12)}-{some(random, DIGITS, 13)}"
            f"-{some(random, ALNUM, 24)}"
        ),
        lambda random: (
            f"xo{'xp-'}{some(random, DIGITS, 12)}-{some(random, DIGITS, 12)}"
            f"-{some(random, DIGITS, 12)}-{some(random, HEX, 32)}"
        ),
    ),
    "stripe": (
        _prefixed("sk" + "_live_", ALNUM, 24),
        _prefixed("rk" + "_live_", ALNUM, 99),
    ),
    "openai": (
        _prefixed("sk-" + "proj-", URLSAFE, 74),
        lambda random: (
            f"sk-{some(random, ALNUM, 20)}T3Blb{'kFJ'}{some(random, ALNUM, 20)}"
        ),
    ),
    "anthropic": (_prefixed("sk-" + "ant-api03-", URLSAFE[:-2], 95),),
    "google-api": (_prefixed("AI" + "za", URLSAFE, 35),),
    "npm": (_prefixed("np" + "m_", ALNUM, 36),),
    "pypi": (_prefixed("py" + "pi-AgEIcHlwaS5vcmc", URLSAFE, 120),),
    "sendgrid": (_dotted(("S" + "G.", URLSAFE, 22), ("", URLSAFE, 43)),),
    "twilio": (_prefixed("S" + "K", HEX, 32),),
    "telegram": (
        lambda random: (
            f"{random.randint(10**8, 10**10 - 1)}:A{'A'}{some(random, URLSAFE, 33)}"
        ),
    ),
    "jwt": (_jwt,),
    "huggingface": (_prefixed("h" + "f_", ALNUM, 34),),
    "digitalocean": (_prefixed("do" + "p_v1_", HEX, 64),),
    "vault": (_prefixed("hv" + "s.", URLSAFE, 90),),
    "age": (_prefixed("AGE-SECRET" + "-KEY-1", UPPER[:26] + "234567", 58),),
}
#: Where a credential of a known form may stand.
_ANYWHERE: tuple[Form, ...] = (
    lambda _, secret: secret,
    lambda _, secret: f"use {secret} for the deployment",
    lambda _, secret: f'{{"value": "{secret}", "n": 1}}',
    lambda _, secret: f"curl -sS -H 'X-Auth: {secret}' https://api.example.org/v1/me",
    lambda _, secret: f"client = Client('{secret}')",
    lambda _, secret: f"export SERVICE={secret}",
    lambda _, secret: f"service: {secret}  # rotated",
    lambda _, secret: f"https://api.example.org/v1?access={secret}&page=2",
    lambda _, secret: f"-    value = `{secret}`;",
    lambda _, secret: f"({secret})",
    lambda _, secret: f"2026-11-21T08:00:00Z ERROR refused: {secret}, retry in 5 s",
)


def _json_line(**members: object) -> str:
    return json.dumps(members)


def _service_account(random: Random) -> tuple[str, str]:
    secret = _base64_lines(random, 26, 64)
    wall = "PRIVATE" + " KEY-----"
    key = f"-----BEGIN {wall}\n{secret}\n-----END {wall}\n"
    text = _json_line(
        type="service_account",
        project_id="demo-1234",
        private_key_id=some(random, HEX, 40),
        private_key=key,
        client_email="robot@demo-1234.iam.gserviceaccount.com",
    )
    return text, json.dumps(secret)[1:-1]


def _base64_lines(random: Random, lines: int, width: int) -> str:
    return "\n".join(some(random, BASE64, width) for _ in range(lines))


def _private_key(random: Random) -> tuple[str, str]:
    label = random.choice(("RSA ", "", "EC ", "OPENSSH ", "ENCRYPTED ", "DSA "))
    secret = _base64_lines(random, random.randint(3, 26), 64)
    wall = f"{label}PRIVATE" + " KEY-----"
    text = f"-----BEGIN {wall}\n{secret}\n-----END {wall}\n"
    if random.random() < 0.3:
        text, secret = json.dumps(text), json.dumps(secret)[1:-1]
    return text, secret


_SERVERS = ("db.example.org", "10.0.0.7", "localhost", "cache-1.internal")


def _basic_auth_url(random: Random) -> tuple[str, str]:
    secret = random.choice((_token, _word_secret))(random)
    host = random.choice(("git.example.org/team/app.git", "registry.example.org/npm/"))
    return random.choice(
        (
            (f"git clone https://deploy:{secret}@{host}", secret),
            (f"https://oauth2:{secret}@{host}", secret),
            (f"HTTPS_PROXY=http://proxyuser:{secret}@proxy.example.org:3128", secret),
        )
    )


def _token_url(random: Random) -> tuple[str, str]:
    secret = _token(random)
    tail = random.choice(("", ":", ":x-oauth-basic"))
    command = random.choice(("git clone ", "remote.origin.url=", "pushing to "))
    return f"{command}https://{secret}{tail}@git.example.org/team/app.git", secret


def _word_secret(random: Random) -> str:
    return some(random, ALNUM, random.randint(10, 18))


def _database_url(random: Random) -> tuple[str, str]:
    secret = _password(random).replace("#", "").replace("%", "").replace("?", "")
    scheme = random.choice(
        ("postgres", "postgresql+asyncpg", "mysql", "mongodb+srv", "redis", "amqp")
    )
    user = "" if scheme == "redis" else "app"
    url = f"{scheme}://{user}:{secret}@{random.choice(_SERVERS)}:5432/app?ssl=true"
    return random.choice(
        (
            (f"DATABASE_URL={url}", secret),
            (f'"dsn": "{url}"', secret),
            (f'engine = create_engine("{url}")', secret),
            (f"psql {url} -c 'select 1'", secret),
        )
    )


def _connection_string(random: Random) -> tuple[str, str]:
    secret = random.choice((_password, _word_secret))(random)
    name = random.choice(("Password", "Pwd", "password"))
    return (
        f"Server=db.example.org;Database=app;User Id=sa;{name}={secret};Encrypt=true",
        secret,
    )


def _bearer(random: Random) -> tuple[str, str]:
    secret = _token(random)
    return random.choice(
        (
            (f"Authorization: Bearer {secret}", secret),
            (f'curl -H "Authorization: Bearer {secret}" https://example.org', secret),
            (f'headers = {{"Authorization": "Bearer {secret}"}}', secret),
            (f"authorization: token {secret}", secret),
            (f"> Authorization: bearer {secret}", secret),
            (f"headers: {{ Authorization: `Bearer {secret}` }}", secret),
        )
    )


def _basic_header(random: Random) -> tuple[str, str]:
    secret = base64.b64encode(f"user:{_password(random)}".encode()).decode()
    return random.choice(
        (
            (f"Authorization: Basic {secret}", secret),
            (f'"Authorization": "Basic {secret}"', secret),
            (f'{{"auths": {{"ghcr.example.org": {{"auth": "{secret}"}}}}}}', secret),
        )
    )


_TOKEN_NAMES = (
    *("API_KEY", "APP_SECRET", "AUTH_TOKEN", "CLIENT_SECRET", "ACCESS_TOKEN"),
    *("SECRET_KEY", "JWT_SECRET", "SESSION_SECRET", "SIGNING_KEY", "MAPS_API_KEY"),
    *("ENCRYPTION_KEY", "DEPLOY_TOKEN", "WEBHOOK_SECRET", "PRIVATE_KEY", "BOT_TOKEN"),
)
_PASSWORD_NAMES = (
    *("PASSWORD", "DB_PASSWORD", "PGPASSWORD", "SMTP_PASS", "MYSQL_ROOT_PASSWORD"),
    *("ADMIN_PASSWD", "KEYSTORE_PASSPHRASE", "REDIS_PASSWORD", "MYSQL_PWD"),
)


def _camel(name: str) -> str:
    first, *rest = name.lower().split("_")
    return first + "".join(part.title() for part in rest)


def _env_line(random: Random, name: str, secret: str) -> str:
    quoted = secret if secret.isalnum() else f"'{secret}'"
    return random.choice(
        (
            f"{name}={quoted}",
            f"export {name}={quoted}",
            f'{name}="{secret}"',
            f"  {name}={quoted} # for production",
            f"docker run -e {name}={quoted} app:latest",
            f"{name}={quoted} npm start",
            f"Environment={name}={secret}",
            f"ENV {name} {secret}",
            f"heroku config:set {name}={quoted} -a app",
        )
    )


def _yaml_line(random: Random, name: str, secret: str) -> str:
    key = random.choice((name.lower(), _camel(name), name))
    quoted = f'"{secret}"'
    bare = secret if secret.isalnum() else quoted
    return random.choice(
        (
            f"{key}: {quoted}",
            f"  {key}: {bare}",
            f"services:\n  db:\n    environment:\n      {key}: {bare}\n",
            f"      - {name}={secret}",
            f"- name: {name}\n  value: {quoted}",
            f"  {key}: '{secret}'",
        )
    )


def _json_text(random: Random, name: str, secret: str) -> str:
    key = random.choice(
        (name, name.lower(), _camel(name), name.lower().replace("_", "-"))
    )
    inner = json.dumps({key: secret})
    return random.choice(
        (
            inner,
            json.dumps({"config": {"host": "db", key: secret}}, indent=2),
            json.dumps(inner),
            json.dumps({"name": name, "value": secret}),
            f'  "{key}": "{secret}",',
        )
    )


def _toml_line(random: Random, name: str, secret: str) -> str:
    key = name.lower()
    return random.choice(
        (
            f'{key} = "{secret}"',
            f"[database]\nhost = 'db'\n{key} = '{secret}'\n",
            f'{{ user = "app", {key} = "{secret}" }}',
        )
    )


def _ini_line(random: Random, name: str, secret: str) -> str:
    key = name.lower()
    return random.choice(
        (
            f"[client]\nuser = app\n{key} = {secret}\n",
            f"spring.datasource.{key.replace('_', '-')}={secret}",
            f"{key}={secret}",
        )
    )


def _code_line(random: Random, name: str, secret: str) -> str:
    low, camel = name.lower(), _camel(name)
    return random.choice(
        (
            f'{name} = "{secret}"',
            f"    {low}: str = '{secret}'",
            f'os.environ["{name}"] = "{secret}"',
            f"const {camel} = '{secret}';",
            f"let {camel}: string = `{secret}`",
            f'connect(host="db", {low}="{secret}")',
            f'private static final String {name} = "{secret}";',
            f'{camel} := "{secret}"',
            f"define('{name}', '{secret}');",
            f'os.environ.setdefault("{name}", "{secret}")',
            f'$env:{name} = "{secret}"',
            f"{{ user: 'app', {camel}: '{secret}' }}",
        )
    )


def _flag(random: Random, name: str, secret: str) -> str:
    flag = name.lower().replace("_", "-")
    quoted = f"'{secret}'"
    return random.choice(
        (
            f"deploy --{flag} {quoted} --region eu",
            f"deploy --{flag}={quoted}",
            f"tool push --{flag}={secret}",
            f'["tool", "--{flag}", "{secret}"]',
        )
    )


def _program(random: Random) -> tuple[str, str]:
    secret = _word_secret(random)
    return random.choice(
        (
            (f"mysql -u root -p{secret} app < dump.sql", secret),
            (f"mysqldump -h db -uroot -p'{secret}' app > dump.sql", secret),
            (f"sshpass -p {secret} ssh deploy@10.0.0.7 uptime", secret),
            (f"sshpass -p '{secret}' scp a.tar deploy@host:", secret),
            (f"redis-cli -h cache -a {secret} ping", secret),
            (f"docker login -u robot -p {secret} registry.example.org", secret),
            (f"curl -u admin:{secret} https://example.org/api", secret),
            (f"curl --user 'admin:{secret}' https://example.org/api", secret),
            (f"unzip -P {secret} backup.zip", secret),
            (f"7z x -p{secret} backup.7z", secret),
            (f"openssl enc -d -aes-256-cbc -in a -pass pass:{secret}", secret),
            (f"ldapsearch -D cn=admin -w {secret} -b dc=example", secret),
            (f"mongosh --host db -u app -p {secret}", secret),
            (f"PGPASSWORD={secret} psql -h db app", secret),
            (f"smbclient //nas/share -U app%{secret}", secret),
            (f"wget --user=app --http-password={secret} https://example.org", secret),
            (f"echo {secret} | sudo -S systemctl restart app", secret),
            (f"echo 'app:{secret}' | chpasswd", secret),
        )
    )


def _netrc(random: Random) -> tuple[str, str]:
    secret = random.choice((_token, _password))(random)
    return random.choice(
        (
            (f"machine example.org login me password {secret}", secret),
            (f"machine example.org\n  login me\n  password {secret}\n", secret),
            (f"default login anonymous password {secret}", secret),
        )
    )


def _npmrc(random: Random) -> tuple[str, str]:
    secret = _token(random)
    host = "//registry.example.org/"
    basic = base64.b64encode(f"me:{secret}".encode()).decode()
    return random.choice(
        (
            (f"{host}:_authToken={secret}", secret),
            (f"{host}:_auth={basic}", basic),
            (f"{host}:_password={basic}", basic),
            (f"npm config set {host}:_authToken {secret}", secret),
        )
    )


def _kubeconfig(random: Random) -> tuple[str, str]:
    secret = some(random, BASE64, 400)
    token = _token(random)
    return random.choice(
        (
            (
                f"users:\n- name: admin\n  user:\n    client-key-data: {secret}\n",
                secret,
            ),
            (f"- name: dev\n  user:\n    token: {token}\n", token),
            (f"kubectl --token={token} get pods", token),
            (f"kind: Secret\ndata:\n  password: {secret[:32]}\n", secret[:32]),
        )
    )


def _cookie(random: Random) -> tuple[str, str]:
    secret = _token(random)
    return random.choice(
        (
            (f"Cookie: theme=dark; sessionid={secret}; lang=en", secret),
            (f"Set-Cookie: session={secret}; Path=/; HttpOnly; Secure", secret),
            (f"curl -b 'session={secret}' https://example.org", secret),
            (f'"cookie": "connect.sid={secret}"', secret),
            (f"set-cookie: __Host-sid={secret}; Secure", secret),
        )
    )


def _azure(random: Random) -> tuple[str, str]:
    storage = some(random, BASE64, 86) + "=="
    client = f"{some(random, ALNUM, 3)}8Q~{some(random, URLSAFE[:-2], 34)}"
    signature = some(random, ALNUM, 43) + "%3D"
    return random.choice(
        (
            (
                f"DefaultEndpointsProtocol=https;AccountName=x;AccountKey={storage}",
                storage,
            ),
            (
                f"Endpoint=sb://x.example.net/;SharedAccessKey={storage[:43]}=",
                storage[:43],
            ),
            (f"az login --service-principal -p {client} -t demo", client),
            (
                f"https://x.example.net/c?sv=2024-11-04&se=2026&sig={signature}",
                signature,
            ),
        )
    )


def _aws_secret(random: Random) -> tuple[str, str]:
    secret = some(random, BASE64, 40)
    return random.choice(
        (
            (f"aws_secret_access_key = {secret}", secret),
            (f"AWS_SECRET_ACCESS_KEY={secret}", secret),
            (f'"SecretAccessKey": "{secret}",', secret),
            (f"export AWS_SESSION_TOKEN={secret * 5}", secret * 5),
            (f"aws configure set aws_secret_access_key {secret}", secret),
        )
    )


def _discord(random: Random) -> tuple[str, str]:
    parts = (some(random, ALNUM, 25), some(random, ALNUM, 6), some(random, URLSAFE, 38))
    token = "M" + ".".join(parts)
    hook = some(random, URLSAFE, 68)
    number = some(random, DIGITS, 19)
    return random.choice(
        (
            (f"discord.login('{token}')", token),
            (f"DISCORD_TOKEN={token}", token),
            (f"client.run('{token}')", token),
            (f"https://discord.com/api/webhooks/{number}/{hook}", hook),
        )
    )


def _webhook(random: Random) -> tuple[str, str]:
    secret = some(random, ALNUM, 24)
    head = f"T{some(random, UPPER, 8)}/B{some(random, UPPER, 8)}"
    return f"curl -d @m https://hooks.slack.com/services/{head}/{secret}", secret


def _twilio_token(random: Random) -> tuple[str, str]:
    secret = some(random, HEX, 32)
    return f"TWILIO_AUTH_TOKEN={secret}", secret


#: Kinds whose text and secret are made together.
IN_PLACE: dict[str, Callable[[Random], tuple[str, str]]] = {
    "gcp-service-account": _service_account,
    "private-key": _private_key,
    "basic-auth-url": _basic_auth_url,
    "token-url": _token_url,
    "database-url": _database_url,
    "connection-string": _connection_string,
    "bearer-header": _bearer,
    "basic-header": _basic_header,
    "program-argument": _program,
    "netrc": _netrc,
    "npmrc": _npmrc,
    "kubeconfig": _kubeconfig,
    "cookie": _cookie,
    "azure": _azure,
    "aws-secret": _aws_secret,
    "discord": _discord,
    "slack-webhook": _webhook,
    "twilio-token": _twilio_token,
}
_ASSIGNED: dict[str, Callable[[Random, str, str], str]] = {
    "env": _env_line,
    "yaml": _yaml_line,
    "json": _json_text,
    "toml": _toml_line,
    "ini": _ini_line,
    "code": _code_line,
    "flag": _flag,
}
KINDS = (
    *PROVIDERS,
    *IN_PLACE,
    *(f"{form}-{value}" for form in _ASSIGNED for value in ("token", "password")),
)


def _made(kind: str, random: Random) -> Canary:
    if kind in PROVIDERS:
        secret = random.choice(PROVIDERS[kind])(random)
        return Canary(kind, random.choice(_ANYWHERE)(random, secret), secret)
    if kind in IN_PLACE:
        text, secret = IN_PLACE[kind](random)
        return Canary(kind, text, secret)
    form, _, value = kind.partition("-")
    names = _TOKEN_NAMES if value == "token" else _PASSWORD_NAMES
    secret = (_token if value == "token" else _password)(random)
    return Canary(kind, _ASSIGNED[form](random, random.choice(names), secret), secret)


def canaries(count: int = 1000, seed: int = 20261121) -> list[Canary]:
    """Return so many canaries, every kind about as often, no secret twice."""
    random = Random(seed)
    made: list[Canary] = []
    seen: set[str] = set()
    while len(made) < count:
        canary = _made(KINDS[len(made) % len(KINDS)], random)
        if canary.secret not in seen:
            seen.add(canary.secret)
            made.append(canary)
    return made


def _uuid(random: Random) -> str:
    digits = some(random, HEX, 32)
    return (
        f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
    )


_ULID = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_NAMES = (
    *("parser", "session", "token", "password", "key", "secret", "auth", "credentials"),
    *("user", "client", "config", "cache", "index", "worker", "request", "keyboard"),
)
_VERBS = ("get", "set", "load", "parse", "check", "refresh", "validate", "build")
_TEXT = (
    "the password must be at least twelve characters long",
    "tokens are counted before the request is sent",
    "rotate the signing key when a developer leaves",
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod",
    "ask the owner for the secret, it is never kept in the repository",
    "a bearer token goes into the authorization header of each request",
    "the session cookie is set after login and removed after logout",
)


def _name(random: Random) -> str:
    return f"{random.choice(_VERBS)}_{random.choice(_NAMES)}"


def _git_line(random: Random) -> str:
    sha = some(random, HEX, 40)
    return random.choice(
        (
            f"{sha[:8]} Refresh the token before it expires",
            f"commit {sha}",
            f"index {sha[:9]}..{sha[9:18]} 100644",
            f"Merge: {sha[:7]} {sha[7:14]}",
            f"{sha}\trefs/heads/fix/password-reset",
            f"pick {sha[:10]} Store the key with the session",
            f" create mode 100644 src/auth/{_name(random)}.py",
            f" src/{random.choice(_NAMES)}.py | 24 +++++++-----",
            f"git show {sha}:src/keys.py",
            f"git@github.com:team/{random.choice(_NAMES)}.git",
        )
    )


def _lockfile_line(random: Random) -> str:
    name = f"{random.choice(_NAMES)}-{random.choice(_VERBS)}"
    digest = some(random, BASE64, 86) + "=="
    return random.choice(
        (
            f'      "integrity": "sha512-{digest}",',
            f"  resolved https://registry.example.org/{name}/-/{name}-1.2.3.tgz"
            f"#{some(random, HEX, 40)}",
            f"    --hash=sha256:{some(random, HEX, 64)} \\",
            f'checksum = "{some(random, HEX, 64)}"',
            f"golang.org/x/crypto v0.31.0 h1:{some(random, BASE64, 43)}=",
            f'  {{file = "{name}-1.tar.gz", hash = "sha256:{some(random, HEX, 64)}"}},',
            f"  checksum: 10c0/{some(random, HEX, 128)}",
            f'"{name}@npm:^1.2.3":',
            f'content-hash = "{some(random, HEX, 64)}"',
            f'    "h1:{some(random, BASE64, 43)}=",',
        )
    )


def _id_line(random: Random) -> str:
    return random.choice(
        (
            f'"session_id": "{_uuid(random)}",',
            f"toolu_{some(random, ALNUM, 24)} finished in 31 ms",
            f"request_id={_uuid(random)} status=200",
            f"id: {some(random, _ULID, 26)}",
            f'"key": "{some(random, _ULID, 26)}"',
            f"Sha256Digest: {some(random, HEX, 64)}",
            f"registry.example.org/app@sha256:{some(random, HEX, 64)}",
            f"{some(random, HEX, 12)}   postgres:17   2 hours ago   5432/tcp",
            f"traceparent: 00-{some(random, HEX, 32)}-{some(random, HEX, 16)}-01",
            f'etag: W/"{some(random, HEX, 32)}"',
            f"msg_{some(random, ALNUM, 24)}",
            f"arn:aws:iam::123456789012:role/{some(random, ALNUM, 12)}",
        )
    )


def _data_line(random: Random) -> str:
    body = some(random, HEX, 32)
    columns = " ".join(body[at : at + 4] for at in range(0, 32, 4))
    return random.choice(
        (
            f"<img src='data:image/png;base64,{some(random, BASE64, 240)}'>",
            some(random, BASE64, 76),
            f"0000{random.randint(1000, 9999)}: {columns}  ......password..",
            f"  url(data:font/woff2;base64,{some(random, BASE64, 160)})",
            f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{some(random, BASE64, 43)} me@host",
            f"SHA256:{some(random, BASE64, 43)} me@host (ED25519)",
            f"-----BEGIN CERTIFICATE-----\n{some(random, BASE64, 64)}",
            f'"value": "{some(random, BASE64, 60)}",',
        )
    )


def _code_without(random: Random) -> str:
    one, name, other = random.choice(_NAMES), _name(random), random.choice(_NAMES)
    return random.choice(
        (
            f"    {one} = {name}({other})",
            f"def {name}({one}: str, {other}: str | None = None) -> bool:",
            f"self.{one} = {one}",
            f"const {one} = await client.{name}({other});",
            f"if {one} is None or {one} == '':",
            f"export function {name}(token: string, password: string): string {{",
            f"  password: {one}.password,",
            f'token = os.environ["{one.upper()}_TOKEN"]',
            f"api_key = settings.{other}.api_key",
            "password: str = Field(min_length=12)",
            "const token = process.env.API_TOKEN ?? '';",
            f"secret_key = {name}(length=32)",
            f'cache_key = f"{one}:{{user.id}}:{{page}}"',
            f"for key, value in {one}s.items():",
            f"assert response.json()['token'] == {one}",
            f'parser.add_argument("--{one}-file", help="where the {one} is kept")',
            "this.password = new FormControl('', Validators.required);",
            f'!function(e,t){{var n=e.token;t.{one}=n,t.key=e.key||"{name}"}}(a,b);',
            f'<input type="password" name="password" id="{name}" autocomplete="off">',
            "password_hash = hash_password(password)",
            f"type Token = {{ kind: TokenKind; value: string; {one}: number }}",
            f'"{name}": "Please enter your {one} again",',
            f"token: ${{{{ secrets.{one.upper()}_TOKEN }}}}",
            f"{one.upper()}_PASSWORD=${{{one.upper()}_PASSWORD:?missing}}",
            f"PASSWORD=$({name})",
            "DB_PASSWORD=changeme",
            f"api_key: <your-{one}-key>",
            f"-p {random.randint(1000, 9999)}:80 -v ./{one}:/data",
            f"mkdir -p build/{one} && cp -a keys/{other}.pub build/",
            f"ssh -p 2222 deploy@{one}.example.org",
        )
    )


def _trace_line(random: Random) -> str:
    name, module = _name(random), random.choice(_NAMES)
    return random.choice(
        (
            f'  File "/usr/lib/python3.11/{module}.py", line 31, in {name}',
            f"    at {module}.{name} (node_modules/{module}/dist/{module}.js:12:31)",
            f"KeyError: '{module}_key'",
            f"FAILED tests/test_{module}.py::test_{name} - assert 3 == 4",
            f"tests/test_{name}.py::test_wrong_password_is_refused PASSED [ 31%]",
            f"thread 'main' panicked at src/{module}.rs:31:9",
            f"2026-11-21T08:00:00.123456Z INFO {module} {name} took 31 ms, 3 tokens",
            f"goroutine 1 [running]: main.{name}(0x{some(random, HEX, 12)})",
            f"Caused by: java.lang.IllegalStateException: {module}.{name}",
            f"ok {random.randint(1, 999)} - {name} accepts a new password",
            f"12 passed, 3 skipped, {random.randint(1, 99)} warnings in 0.31s",
            f"E   ValueError: invalid literal for {module}: '{name}'",
            f"warning: unused variable: `{module}_token`",
        )
    )


def _path_line(random: Random) -> str:
    name = random.choice(_NAMES)
    return random.choice(
        (
            f"./src/{name}/{_name(random)}/index.ts",
            f"-rw-r--r-- 1 me me 4096 Nov 21 08:00 {name}.key.pub",
            f"https://docs.example.org/{name}/tokens?page=2#passwords",
            f"http://localhost:8080/{name}?key=name&sort=asc",
            f"https://user@git.example.org/team/{name}.git",
            f"postgres://localhost:5432/{name}",
            f"PATH=/usr/local/bin:/usr/bin:/home/me/.{name}/bin",
            f"SSH_AUTH_SOCK=/tmp/ssh-{some(random, ALNUM, 8)}/agent.31",
            f"private_key_path: /etc/{name}/server.pem",
            f"C:\\Users\\me\\AppData\\Local\\{name}\\tokens.json",
            f"npm warn deprecated {name}@1.2.3: use @{name}/core",
        )
    )


def _prose(random: Random) -> str:
    one, two = random.sample(_TEXT, 2)
    return random.choice((f"{one}.", f"# {one}", f"- {one}; {two}", f"// {two}"))


HARMLESS: dict[str, Callable[[Random], str]] = {
    "git": _git_line,
    "lock file": _lockfile_line,
    "identifier": _id_line,
    "data": _data_line,
    "code": _code_without,
    "trace": _trace_line,
    "path": _path_line,
    "prose": _prose,
}


def harmless(count: int = 1000, seed: int = 20261121) -> list[tuple[str, str]]:
    """Return kind and text of so many everyday lines, none of them twice."""
    random = Random(seed)
    kinds = list(HARMLESS)
    made: dict[str, str] = {}
    while len(made) < count:
        kind = kinds[len(made) % len(kinds)]
        text = HARMLESS[kind](random)
        # There are fewer sentences than are asked for: each gets a number.
        made.setdefault(text if text not in made else f"{len(made)}: {text}", kind)
    return [(kind, text) for text, kind in made.items()]
