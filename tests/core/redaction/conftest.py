from __future__ import annotations

import hashlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from hookwright.core.redaction import Redactor


@pytest.fixture
def redactor() -> Redactor:
    return Redactor(bytes(range(32)))


@pytest.fixture(scope="session")
def made_up() -> ModuleType:
    """Return the module that makes canaries and harmless lines."""
    file = Path(__file__).with_name("canaries.py")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return module


def made(size: int, alphabet: str, seed: str) -> str:
    """Return size characters that look random and are the same every time."""
    digits = hashlib.shake_128(seed.encode()).digest(size)
    return "".join(alphabet[byte % len(alphabet)] for byte in digits)


HEX = "0123456789abcdef"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
MIXED = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def _credentials() -> dict[str, str]:
    """Return one made-up credential of each kind; no literal here is one."""
    m = made
    return {
        "anthropic": "sk-" + "ant-" + m(90, MIXED, "anthropic"),
        "openai project": "sk-" + "proj-" + m(60, MIXED, "openai"),
        "openai old": "sk-" + m(20, MIXED, "o1") + "T3Blb" + "kFJ" + m(20, MIXED, "o2"),
        "openrouter": "sk-" + "or-v1-" + m(64, HEX, "openrouter"),
        "secret key": "sk-" + m(48, MIXED, "plain"),
        "aws": "AK" + "IA" + m(16, UPPER, "aws"),
        "aws session": "AS" + "IA" + m(16, UPPER, "asia"),
        "github": "gh" + "p_" + m(36, MIXED, "github"),
        "github fine": "github" + "_pat_" + m(82, MIXED, "fine"),
        "gitlab": "gl" + "pat-" + m(20, MIXED, "gitlab"),
        "slack": "xo" + "xb-" + m(40, MIXED, "slack"),
        "slack app": "xa" + "pp-1-" + m(40, MIXED, "slackapp"),
        "stripe": "sk" + "_live_" + m(24, MIXED, "stripe"),
        "webhook": "wh" + "sec_" + m(32, MIXED, "whsec"),
        "google": "AI" + "za" + m(35, MIXED, "google"),
        "google oauth": "GOC" + "SPX-" + m(28, MIXED, "gocspx"),
        "google access": "ya" + "29." + m(60, MIXED, "ya29"),
        "npm": "np" + "m_" + m(36, MIXED, "npm"),
        "pypi": "py" + "pi-AgE" + m(70, MIXED, "pypi"),
        "sendgrid": "S" + "G." + m(22, MIXED, "sg1") + "." + m(43, MIXED, "sg2"),
        "twilio": "S" + "K" + m(32, HEX, "twilio"),
        "mailgun": "ke" + "y-" + m(32, HEX, "mailgun"),
        "mailchimp": m(32, HEX, "mailchimp") + "-u" + "s12",
        "digitalocean": "do" + "p_v1_" + m(64, HEX, "do"),
        "huggingface": "h" + "f_" + m(34, MIXED, "hf"),
        "databricks": "da" + "pi" + m(32, HEX, "dapi"),
        "shopify": "sh" + "pat_" + m(32, HEX, "shopify"),
        "linear": "li" + "n_api_" + m(40, MIXED, "linear"),
        "notion": "nt" + "n_" + m(46, MIXED, "notion"),
        "doppler": "dp" + ".pt." + m(43, MIXED, "doppler"),
        "vault": "hv" + "s." + m(40, MIXED, "vault"),
        "terraform": m(14, MIXED, "tf1") + ".atlas" + "v1." + m(67, MIXED, "tf2"),
        "grafana": "gl" + "sa_" + m(41, MIXED, "grafana"),
        "newrelic": "NR" + "AK-" + m(27, UPPER, "newrelic"),
        "postman": "PM" + "AK-" + m(24, HEX, "pm1") + "-" + m(34, HEX, "pm2"),
        "telegram": m(10, "0123456789", "tg1") + ":A" + "A" + m(33, MIXED, "tg2"),
        "jwt": ".".join(
            ("ey" + "J" + m(30, MIXED, "j1"), "ey" + "J" + m(60, MIXED, "j2"))
        )
        + "."
        + m(43, MIXED, "j3"),
        "age": "AGE-SECRET" + "-KEY-1" + m(58, UPPER, "age"),
        "azure client": "abc" + "8" + "Q" + "~" + m(34, MIXED, "azure"),
        "atlassian": "AT" + "ATT3" + m(120, MIXED, "atlassian"),
        "dropbox": "s" + "l." + m(140, MIXED, "dropbox"),
        "square": "sq" + "0atp-" + m(22, MIXED, "square"),
        "planetscale": "pscale" + "_tkn_" + m(43, MIXED, "planetscale"),
        "supabase": "sb" + "p_" + m(40, HEX, "supabase"),
        "supabase secret": "sb" + "_secret_" + m(31, MIXED, "supabase2"),
        "docker": "dckr" + "_pat_" + m(27, MIXED, "docker"),
        "rubygems": "ruby" + "gems_" + m(48, HEX, "rubygems"),
        "sentry": "sntr" + "yu_" + m(64, HEX, "sentry"),
        "pulumi": "pu" + "l-" + m(40, HEX, "pulumi"),
        "groq": "gs" + "k_" + m(52, MIXED, "groq"),
        "xai": "xa" + "i-" + m(80, MIXED, "xai"),
        "perplexity": "pp" + "lx-" + m(48, MIXED, "pplx"),
        "replicate": "r8" + "_" + m(37, MIXED, "replicate"),
        "figma": "fi" + "gd_" + m(40, MIXED, "figma"),
        "heroku": "HR" + "KU-" + m(40, MIXED, "heroku"),
        "airtable": "pa" + "t" + m(14, MIXED, "at1") + "." + m(64, HEX, "at2"),
        "fly": "fm" + "2_" + m(80, MIXED, "fly"),
    }


def _in_place() -> dict[str, tuple[str, str]]:
    """Return text and secret for the kinds that their surroundings give away."""
    word = made(20, MIXED, "in place")
    key = "\n".join(made(64, MIXED, f"line {line}") for line in range(12))
    rsa, openssh = "RSA PRIVATE" + " KEY", "OPENSSH PRIVATE" + " KEY"
    discord = ".".join(
        ("M" + made(25, MIXED, "d1"), made(6, MIXED, "d2"), made(38, MIXED, "d3"))
    )
    storage = made(86, MIXED, "storage") + "=="
    return {
        "url password": (f"postgres://app:{word}@db.example.org/app", word),
        "redis password": (f"redis://:{word}@cache:6379/0", word),
        "git url": (f"https://x-access-token:{word}@github.com/a/b.git", word),
        "bearer": (f"Authorization: Bearer {word}", word),
        "bearer in json": (f'{{"authorization": "Bearer {word}"}}', word),
        "bearer alone": (f"uses bearer {word} there", word),
        "basic": ("authorization: basic " + "dXNlcjpwYXNzd29yZA", "dXNlcjpwYXNzd29yZA"),
        "shell file": (f"DB_PASSWORD={word}", word),
        "shell file, a word": ("DB_PASSWORD=" + "letmein", "letmein"),
        "export": (f"export API_TOKEN='{word}'", word),
        "yaml": (f"  client_secret: {word}", word),
        "json": (f'"apiKey": "{word}"', word),
        "json in json": (f'{{\\"api_key\\": \\"{word}\\"}}', word),
        "python": (f'SECRET_KEY = "{word}"', word),
        "typed python": (f'password: str = "{word}"', word),
        "environ": (f'os.environ["AUTH_TOKEN"] = "{word}"', word),
        "ruby": (f":secret => '{word}'", word),
        "go": (f'secretKey := "{word}"', word),
        "xml": (f"<password>{word}</password>", word),
        "query": (f"https://api.example.org/?access_token={word}&page=2", word),
        "flag": (f"mysqldump --password {word} app", word),
        "flag with equals": (f"tool --api-key={word}", word),
        "curl": (f"curl -u admin:{word} https://example.org", word),
        "netrc": (f"machine example.org login me password {word}", word),
        "npmrc": (f"//registry.example.org/:_authToken={word}", word),
        "docker": (f'"auth": "{word}"', word),
        "slack webhook": (
            f"https://hooks.slack.com/services/T0000000/B0000000/{word}",
            word,
        ),
        "discord": (f"DISCORD bot {discord}", discord),
        "azure storage": (f"AccountName=x;AccountKey={storage};Suffix=y", storage),
        "aws secret": (f"aws_secret_access_key = {word}{word}", word + word),
        "private key": (f"-----BEGIN {rsa}-----\n{key}\n-----END {rsa}-----\n", key),
        "private key in json": (
            f"-----BEGIN {openssh}-----\\n"
            + key.replace("\n", "\\n")
            + f"\\n-----END {openssh}-----\\n",
            key.replace("\n", "\\n"),
        ),
        "private key cut off": (f"-----BEGIN {rsa}-----\n{key}", key),
        "end of a private key": (f"{key}\n-----END {rsa}-----", key),
    }


CREDENTIALS = _credentials()
IN_PLACE = _in_place()


@pytest.fixture(params=sorted(CREDENTIALS))
def credential(request: pytest.FixtureRequest) -> str:
    """Return a credential, once for each kind."""
    return CREDENTIALS[request.param]


@pytest.fixture(params=sorted(IN_PLACE))
def in_place(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Return a text and the secret in it, once for each kind."""
    return IN_PLACE[request.param]


@pytest.fixture(scope="session")
def planted() -> list[tuple[str, str]]:
    """Return texts and the secret in each, of every kind."""
    alone = [(secret, secret) for _, secret in sorted(CREDENTIALS.items())]
    return alone + [pair for _, pair in sorted(IN_PLACE.items())]


@pytest.fixture
def harmless() -> list[str]:
    """Return lines of everyday work that look like secrets and are none."""
    lines = []
    for number in range(40):
        sha = made(40, HEX, f"sha {number}")
        uuid = f"{sha[:8]}-{sha[8:12]}-4{sha[13:16]}-a{sha[17:20]}-{sha[20:32]}"
        digest = made(86, MIXED + "+/", f"integrity {number}") + "=="
        lines += [
            f"{sha[:7]} Fix the parser for case {number}",
            f"commit {sha}",
            f"index {sha[:7]}..{sha[7:14]} 100644",
            f'      "integrity": "sha512-{digest}",',
            f'"session_id": "{uuid}"',
            f"resolved https://registry.example.org/pkg/-/pkg-{number}.0.1.tgz#{sha}",
            f"    hash = sha256:{made(64, HEX, f'hash {number}')}",
            f"toolu_{made(24, MIXED, f'tool {number}')} finished",
            f"<img src='data:image/png;base64,{made(200, MIXED + '+/', sha)}'>",
            f"git checkout {sha} -- src/module_{number}.py",
        ]
    # Documented sample keys are put together here: scanners read this file too.
    return lines + _CODE.strip().replace("@@", "").splitlines()


_CODE = """
password = get_password()
password: str
password: str = ""
password = None
self.password = password
token = await client.fetch_token(user)
token: string;
const token = process.env.API_TOKEN;
api_key = os.environ["API_KEY"]
API_KEY=${API_KEY}
API_KEY=<your-api-key>
API_KEY=your-api-key-here
SECRET_KEY=changeme
password: ********
DB_PASSWORD={{ db_password }}
  password: ${{ secrets.DB_PASSWORD }}
max_tokens: 4096
"total_tokens": 18234,
"input_tokens": 12345678, "output_tokens": 3456
tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")
for key, value in items.items():
cache_key = f"user:{user_id}"
"cache_key": "3f2a4b5c6d7e8f901234567890abcdef12345678"
primary_key=True
foreign_key = "users.id"
sort_key: created_at
public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPh0fjTvkn2mZ1Xz"
keyboard = "qwerty"
secretary: "Ada Lovelace"
passwordless = true
if password == "":
def check_password(password: str, hashed: str) -> bool:
the password must be at least 12 characters long
"password": "string"
<input type="password" name="password" placeholder="Enter your password">
Authorization: Bearer <token>
Authorization: Bearer $TOKEN
curl -H "Authorization: Bearer ${GITHUB_TOKEN}" https://api.github.com/user
https://user:password@example.com/path
postgres://localhost:5432/app
http://127.0.0.1:8080/health
token_url: https://example.org/oauth/token
secret_name: my-app/database
password_file: /run/secrets/db
PASSWORD_FILE=/run/secrets/db_password
--password-stdin
AWS_ACCESS_KEY_ID=AKIA@@IOSFODNN7EXAMPLE
AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI@@/K7MDENG/bPxRfiCYEXAMPLEKEY
sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
BEGIN = "-----BEGIN PRIVATE KEY-----"
END = "-----END PRIVATE KEY-----"
ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7 user@host
-----BEGIN CERTIFICATE-----
"GEMINI_API_KEY": "(hidden)"
authorization = authorization.split(" ")
headers["Authorization"] = self.build_digest_header(method, url)
pool_key_constructor = self.key_fn_by_scheme.get(scheme)
password = base64.b16encode(salt)
def ask(prompt='Password: ', stream=None):
see [flake8-use-pathlib](https://example.org/a) and curl
please login and then give your password for the server
risk-assessment-for-the-whole-organisation-2026
task-0123456789abcdef0123456789abcdef
disk-3f2a4b5c6d7e8f901234567890abcdef
ask-me-anything-about-this-repository-later
npm_config_registry=https://registry.example.org
PATH=/usr/local/bin:/usr/bin
2026-11-21T08:00:00.123456Z INFO request id=4f3c2b1a status=200
{"type": "tool_use", "id": "toolu_01A09q90qw90lq917835lq9", "name": "Bash"}
"""
