"""What the credentials of well-known providers look like.

A rule is tried only where its keyword stands in the text. `anchored` rules begin
with their keyword, so they are matched at that place and nowhere else; the others
are searched for. No pattern nests one quantifier in another, and every repeat that
could be tried again from the next character has an upper bound, so the time a text
takes grows with its length and no faster.

Sources: the providers' own documentation of their token formats.
"""

from __future__ import annotations

from .lazy import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterator


class Rule:
    """One kind of credential.

    :param name: what the token says: lower case letters, digits and `-`.
    :param keywords: literal texts, one of which every match contains (begins with,
        when anchored).
    :param pattern: a regular expression; the group `s` is the secret where there is
        one, else the whole match.
    :param anchored: matches begin with the keyword.
    :param bounded: a letter or digit right before the match means it is part of a
        longer word and no credential.
    :param mark: how far behind a keyword that is part of ordinary words which
        character stands in every match.
    :param behind: how far, at least and at most, a marked keyword stands behind the
        beginning of the match.
    """

    __slots__ = (
        *("anchored", "behind", "bounded", "keywords", "mark", "name", "pattern"),
    )

    def __init__(
        self,
        name: str,
        keywords: tuple[str, ...],
        pattern: str,
        *,
        anchored: bool = True,
        bounded: bool = False,
        mark: tuple[int, str] | None = None,
        behind: tuple[int, int] | None = None,
    ) -> None:
        self.name = name
        self.keywords = keywords
        self.pattern = lazy(pattern)
        self.anchored = anchored
        self.bounded = bounded
        self.mark = mark
        self.behind = behind

    def may_be_in(self, text: str) -> bool:
        """Return whether a look with the pattern is worth its time."""
        for keyword in self.keywords:
            if keyword in text and (
                self.mark is None or self._is_marked(text, keyword)
            ):
                return True
        return False

    def _is_marked(self, text: str, keyword: str) -> bool:
        return next(self._marked(text, keyword), -1) >= 0

    def _marked(self, text: str, keyword: str) -> Iterator[int]:
        """Yield the places of a keyword that have their mark."""
        assert self.mark is not None
        distance, character = self.mark
        place = text.find(keyword)
        while place >= 0:
            if text[place + distance : place + distance + 1] == character:
                yield place
            place = text.find(keyword, place + 1)

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where in text the rule's secrets begin and end."""
        if self.behind is not None:
            yield from self._before(text, *self.behind)
            return
        for keyword in self.keywords:
            place = text.find(keyword)
            if place < 0:
                continue
            if not self.anchored:
                for found in self.pattern.finditer(text):
                    if not is_sample(found[0]):
                        yield _secret(found)
                return
            while place >= 0:
                match = self._match_at(text, place)
                if match is not None and not is_sample(match[0]):
                    yield _secret(match)
                end = place + len(keyword) if match is None else match.end()
                place = text.find(keyword, end)

    def _before(self, text: str, least: int, most: int) -> Iterator[tuple[int, int]]:
        last = 0
        for place in self._marked(text, self.keywords[0]):
            for start in range(max(last, place - most), place - least + 1):
                match = self.pattern.match(text, start)
                if match is not None:
                    yield match.span()
                    last = match.end()
                    break

    def _match_at(self, text: str, place: int) -> re.Match[str] | None:
        if self.bounded and in_word(text, place):
            return None
        return self.pattern.match(text, place)


def _secret(match: re.Match[str]) -> tuple[int, int]:
    return match.span("s") if "s" in match.re.groupindex else match.span()


def is_sample(credential: str) -> bool:
    """Return whether documentation prints this in a credential's place."""
    if "EXAMPLE" in credential or "your" in credential or "YOUR" in credential:
        return True
    return not credential[-16:].lower().strip("x*.-_0")


def in_word(text: str, place: int) -> bool:
    """Return whether a letter or digit stands right before place.

    Escapes do not count: in a JSON text a key may follow a line break written as
    backslash and `n`, in a URL an equals sign written as `%3D`.
    """
    if not place or not text[place - 1].isalnum():
        return False
    if text[place - 2 : place - 1] == "\\":
        return False
    return text[place - 3 : place - 2] != "%"


#: Base64 for URLs (RFC 4648, 5), which most tokens are made of.
_CHARS = r"[A-Za-z0-9_-]"

RULES: tuple[Rule, ...] = (
    Rule("anthropic-key", ("sk-ant-",), rf"sk-ant-{_CHARS}{{20,256}}"),
    Rule(
        "openai-key",
        ("sk-proj-", "sk-svcacct-", "sk-admin-"),
        rf"sk-(?:proj|svcacct|admin)-{_CHARS}{{20,256}}",
    ),
    Rule(
        "openai-key",
        ("T3BlbkFJ",),
        r"sk-[A-Za-z0-9_-]{16,100}T3BlbkFJ[A-Za-z0-9_-]{16,100}",
        anchored=False,
    ),
    Rule("openrouter-key", ("sk-or-",), rf"sk-or-{_CHARS}{{20,256}}"),
    Rule("secret-key", ("sk-",), r"sk-[A-Za-z0-9]{32,128}", bounded=True),
    Rule(
        "aws-access-key",
        ("AKIA", "ASIA", "ABIA", "ACCA"),
        r"A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}(?![A-Za-z0-9])",
        bounded=True,
    ),
    Rule("github-token", ("github_pat_",), r"github_pat_[A-Za-z0-9_]{22,255}"),
    Rule(
        "github-token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        r"gh[pousr]_[A-Za-z0-9]{30,255}",
    ),
    Rule(
        "gitlab-token",
        ("glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glsoat-", "glagent-"),
        rf"gl(?:pat|dt|rt|ptt|cbt|soat|agent)-{_CHARS}{{20,128}}",
    ),
    Rule("slack-token", ("xox",), r"xox[abeoprs]-[A-Za-z0-9-]{10,255}"),
    Rule("slack-token", ("xapp-",), r"xapp-\d-[A-Za-z0-9-]{10,255}"),
    Rule(
        "slack-webhook",
        ("hooks.slack.com/",),
        r"hooks\.slack\.com/(?:services|workflows|triggers)/"
        r"(?P<s>[A-Za-z0-9_/-]{20,200})",
    ),
    Rule(
        "stripe-key",
        ("sk_live_", "sk_test_", "rk_live_", "rk_test_", "sk_prod_", "rk_prod_"),
        r"[sr]k_(?:live|test|prod)_[A-Za-z0-9]{10,255}",
    ),
    Rule("webhook-secret", ("whsec_",), r"whsec_[A-Za-z0-9+/]{24,128}={0,2}"),
    Rule("google-api-key", ("AIza",), rf"AIza{_CHARS}{{35}}"),
    Rule("google-oauth", ("ya29.",), r"ya29\.[A-Za-z0-9_.-]{20,1024}", bounded=True),
    Rule("google-oauth", ("GOCSPX-",), rf"GOCSPX-{_CHARS}{{20,64}}"),
    Rule("npm-token", ("npm_",), r"npm_[A-Za-z0-9]{36}"),
    Rule("pypi-token", ("pypi-AgE",), rf"pypi-AgE{_CHARS}{{50,512}}"),
    Rule(
        "sendgrid-key",
        ("SG.",),
        rf"SG\.{_CHARS}{{16,32}}\.{_CHARS}{{32,64}}",
        bounded=True,
    ),
    Rule("twilio-key", ("SK",), r"SK[0-9a-f]{32}(?![0-9a-f])", bounded=True),
    Rule("mailgun-key", ("key-",), r"key-[0-9a-f]{32}(?![0-9a-f])", bounded=True),
    Rule(
        "mailchimp-key",
        ("-us",),
        r"[0-9a-f]{32}-us\d{1,2}",
        anchored=False,
    ),
    Rule(
        "digitalocean-token",
        ("dop_v1_", "doo_v1_", "dor_v1_"),
        r"do[opr]_v1_[0-9a-f]{64}",
    ),
    Rule("huggingface-token", ("hf_",), r"hf_[A-Za-z0-9]{30,64}", bounded=True),
    Rule("databricks-token", ("dapi",), r"dapi[0-9a-f]{32}(?:-\d)?", bounded=True),
    Rule(
        "shopify-token",
        ("shpat_", "shpca_", "shppa_", "shpss_"),
        r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
    ),
    Rule("linear-key", ("lin_api_",), r"lin_api_[A-Za-z0-9]{32,64}"),
    Rule("notion-token", ("ntn_",), r"ntn_[A-Za-z0-9]{40,64}", bounded=True),
    Rule("notion-token", ("secret_",), r"secret_[A-Za-z0-9]{43}", bounded=True),
    Rule(
        "doppler-token",
        ("dp.pt.", "dp.st.", "dp.ct.", "dp.sa."),
        r"dp\.(?:pt|st|ct|sa)\.[A-Za-z0-9_.-]{40,96}",
    ),
    Rule("vault-token", ("hvs.", "hvb.", "hvr."), rf"hv[sbr]\.{_CHARS}{{24,300}}"),
    Rule(
        "terraform-token",
        (".atlasv1.",),
        r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,80}",
        anchored=False,
    ),
    Rule(
        "grafana-token",
        ("glc_", "glsa_"),
        r"gl(?:c|sa)_[A-Za-z0-9+/_]{32,400}={0,3}",
    ),
    Rule("newrelic-key", ("NRAK-",), r"NRAK-[A-Z0-9]{27}"),
    Rule("postman-key", ("PMAK-",), r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    Rule(
        "telegram-token",
        (":AA",),
        rf"\d{{8,10}}:AA{_CHARS}{{33}}",
        anchored=False,
    ),
    Rule(
        "discord-token",
        (".",),
        rf"(?<![\w-])[MNO](?=[A-Za-z_-]{{0,26}}\d){_CHARS}{{23,27}}\.{_CHARS}{{6}}"
        rf"\.(?=[A-Za-z_-]{{0,39}}\d){_CHARS}{{27,40}}(?![\w-])",
        mark=(7, "."),
        behind=(24, 28),
    ),
    Rule(
        "discord-webhook",
        ("/api/webhooks/",),
        rf"/api/webhooks/(?P<s>\d{{10,25}}/{_CHARS}{{40,100}})",
    ),
    Rule(
        "jwt",
        ("eyJ",),
        rf"eyJ{_CHARS}{{8,1024}}+\.{_CHARS}{{0,8192}}+(?:\.{_CHARS}{{10,8192}}+){{1,3}}",
        bounded=True,
    ),
    Rule("age-key", ("AGE-SECRET-KEY-1",), r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    Rule(
        "azure-storage-key",
        ("AccountKey=", "SharedAccessKey="),
        r"(?:Account|SharedAccess)Key=(?P<s>[A-Za-z0-9+/]{40,88}={0,2})",
    ),
    Rule(
        "azure-client-secret",
        ("Q~",),
        r"[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}",
        anchored=False,
    ),
    Rule("atlassian-token", ("ATATT3",), r"ATATT3[A-Za-z0-9_=-]{60,400}"),
    Rule("dropbox-token", ("sl.",), rf"sl\.{_CHARS}{{130,1200}}", bounded=True),
    Rule("square-token", ("sq0",), rf"sq0(?:atp|csp|idp)-{_CHARS}{{22,60}}"),
    Rule("planetscale-token", ("pscale_",), r"pscale_(?:tkn|pw|oauth)_[\w.=-]{32,64}"),
    Rule("supabase-key", ("sbp_",), r"sbp_[0-9a-f]{40}", bounded=True),
    Rule("supabase-key", ("sb_secret_",), rf"sb_secret_{_CHARS}{{20,64}}"),
    Rule("docker-token", ("dckr_",), rf"dckr_(?:pat|oat)_{_CHARS}{{27,64}}"),
    Rule("rubygems-key", ("rubygems_",), r"rubygems_[0-9a-f]{48}"),
    Rule("sentry-token", ("sntry",), r"sntry[su]_[A-Za-z0-9_+/=-]{40,300}"),
    Rule("pulumi-token", ("pul-",), r"pul-[0-9a-f]{40}", bounded=True),
    Rule("groq-key", ("gsk_",), r"gsk_[A-Za-z0-9]{40,64}", bounded=True),
    Rule("xai-key", ("xai-",), r"xai-[A-Za-z0-9]{60,100}", bounded=True),
    Rule("perplexity-key", ("pplx-",), r"pplx-[A-Za-z0-9]{40,64}"),
    Rule("replicate-token", ("r8_",), r"r8_[A-Za-z0-9]{37}", bounded=True),
    Rule("figma-token", ("figd_",), rf"figd_{_CHARS}{{36,64}}"),
    Rule("heroku-key", ("HRKU-",), rf"HRKU-{_CHARS}{{30,80}}"),
    Rule(
        "airtable-token",
        ("pat",),
        r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}",
        bounded=True,
        mark=(17, "."),
    ),
    Rule("fly-token", ("fm1", "fm2_"), r"fm[12][ar]?_[A-Za-z0-9+/=_,-]{60,1024}"),
    Rule("google-oauth", ("1//0",), rf"1//0{_CHARS}{{40,200}}", bounded=True),
    Rule("firebase-key", (":APA91b",), rf":APA91b(?P<s>{_CHARS}{{60,200}})"),
    Rule("braintree-token", ("access_token$",), r"access_token\$\w+\$[a-z0-9$]{32,80}"),
    Rule("facebook-token", ("EAACEdEose0cBA",), r"EAACEdEose0cBA[A-Za-z0-9]{20,300}"),
    Rule("artifactory-token", ("AKCp",), r"AKCp[A-Za-z0-9]{60,80}", bounded=True),
    Rule("dynatrace-token", ("dt0c01.",), r"dt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    Rule("1password-token", ("ops_eyJ",), r"ops_eyJ[A-Za-z0-9+/_-]{100,4096}={0,2}"),
    Rule("pinecone-key", ("pcsk_",), r"pcsk_\w{40,100}"),
    Rule("langsmith-key", ("lsv2_",), r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    Rule("bitbucket-token", ("ATBB", "ATCTT3"), r"AT(?:BB|CTT3)[A-Za-z0-9_=-]{28,300}"),
    Rule("buildkite-token", ("bkua_",), r"bkua_[0-9a-f]{40}"),
    Rule("circleci-token", ("CCIPAT_", "CCIPRJ_"), r"CCIP(?:AT|RJ)_\w{40,100}"),
    Rule("netlify-token", ("nfp_",), r"nfp_[A-Za-z0-9]{36,40}", bounded=True),
    Rule("contentful-token", ("CFPAT-",), rf"CFPAT-{_CHARS}{{40,64}}"),
    Rule(
        "sonar-token", ("squ_", "sqp_", "sqa_"), r"sq[upa]_[0-9a-f]{40}", bounded=True
    ),
    Rule("typeform-token", ("tfp_",), rf"tfp_{_CHARS}{{40,80}}", bounded=True),
    Rule("prefect-key", ("pnu_",), r"pnu_[A-Za-z0-9]{36}", bounded=True),
    Rule("easypost-key", ("EZAK", "EZTK"), r"EZ[AT]K[A-Za-z0-9]{54}", bounded=True),
    Rule("duffel-token", ("duffel_",), rf"duffel_(?:test|live)_{_CHARS}{{43}}"),
    Rule("shippo-token", ("shippo_",), r"shippo_(?:live|test)_[0-9a-f]{40}"),
    Rule("flutterwave-key", ("FLWSECK",), r"FLWSECK(?:_TEST)?-[A-Za-z0-9-]{12,64}"),
    Rule(
        "alibaba-key", ("LTAI",), r"LTAI[A-Za-z0-9]{16,26}(?![A-Za-z0-9])", bounded=True
    ),
    Rule("resend-key", ("re_",), r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}", bounded=True),
    Rule("clojars-token", ("CLOJARS_",), r"CLOJARS_[a-z0-9]{60}"),
    Rule(
        "teams-webhook",
        (".office.com/webhookb2/",),
        r"\.office\.com/webhookb2/(?P<s>[A-Za-z0-9@/-]{60,300})",
    ),
)
