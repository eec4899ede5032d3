"""Programs that send files to other machines, or could fetch a local one by address."""

from __future__ import annotations

from ..words import Word
from .addresses import fetch
from .call import Call, Program, Reader, programs
from .places import secret_in

_CURL = (
    "d@ F@ K< T^ o> O. A= b@ c> C= D> e= E^ H@ m= P= Q= r= t= u= U= w@ x= X= y= Y= z@ "
    "data@ data-ascii@ data-binary@ data-urlencode@ data-raw= form@ form-string= "
    "config< upload-file^ output> user-agent= cookie@ cookie-jar> continue-at= "
    "dump-header> referer= cert^ header@ max-time= ftp-port= quote= range= "
    "telnet-option= user= proxy-user= write-out@ proxy= request= speed-limit= "
    "speed-time= time-cond@ cacert< capath? key^ key-type= pass= netrc-file< json@ "
    "url= url-query@ connect-timeout= retry= retry-delay= retry-max-time= limit-rate= "
    "interface= resolve= connect-to= unix-socket? trace> trace-ascii> stderr> proto= "
    "max-redirs= max-filesize= oauth2-bearer= aws-sigv4= variable= output-dir> "
    "etag-save> etag-compare< libcurl> ciphers= tls-max= noproxy= local-port= "
    "mail-from= mail-rcpt= pubkey< hostpubmd5= proxy-header@ expand-data@ expand-url= "
    "request-target= preproxy= socks4= socks4a= socks5= socks5-hostname= "
    "abstract-unix-socket="
)

#: Options of curl by which the name in an address is not the machine that is asked.
_ROUTES = (
    "x",
    "proxy",
    "preproxy",
    "socks4",
    "socks4a",
    "socks5",
    "socks5-hostname",
    "connect-to",
    "resolve",
    "unix-socket",
    "abstract-unix-socket",
)


def _curl(call: Call) -> None:
    """`curl`: `@file` in data and forms, `-T`, `-K`, `file://`, local servers."""
    # "@" as a role means "change directory" elsewhere; here it marks `@file` values.
    options = _CURL.replace("@ ", "= ")
    marked = {token[:-1] for token in _CURL.split() if token.endswith("@")}
    parsed = call.parse(options)
    routed = parsed.has(*_ROUTES)
    for item in parsed.items:
        if item.value is None:
            continue
        text = item.value.text
        if not item.name or item.name in ("url", "expand-url"):
            fetch(call, text, routed)
        elif item.name == "request-target":
            fetch(call, f"localhost{text}")
        elif item.name in marked:
            _marked(call, item.name, text)
        elif item.name == "variable" and "@" in text:
            call.access("send", text.partition("@")[2])
        elif item.name in ("T", "upload-file"):
            for part in text.strip("{}").split(","):
                call.access("send", part)
        else:
            call.apply(item.role, item.value)
    if parsed.has("n", "netrc", "netrc-optional"):
        call.access("look", f"{call.world.home}/.netrc", "logs in with it")


def _marked(call: Call, name: str, text: str) -> None:
    """Report the files that a value names with `@` or `<`."""
    if name in ("F", "form"):
        for part in text.split(";"):
            value = part.partition("=")[2]
            if value[:1] in ("@", "<"):
                for each in value[1:].split(","):
                    call.access("send", each.strip('"'))
        if text[:1] == "@":
            call.access("send", text[1:])
    elif name in ("data-urlencode", "url-query"):
        before, mark, path = text.partition("@")
        if mark and "=" not in before:
            call.access("send", path)
    elif text[:1] == "@":
        call.access("send", text[1:])
    elif name in ("b", "cookie", "z", "time-cond") and "=" not in text:
        call.perhaps(text)


_WGET = (
    "O> o> a> i< e= P> t= T= U= Q= D= A= R= I= X= l= B= output-document> output-file> "
    "append-output> input-file< execute= directory-prefix> tries= timeout= user-agent= "
    "post-file^ body-file^ post-data= body-data= method= header= user= password= "
    "load-cookies< save-cookies> certificate^ private-key^ ca-certificate< config< "
    "limit-rate= wait= domains= accept= reject= level= base= progress= referer="
)


def _wget(call: Call) -> None:
    parsed = call.parse(_WGET)
    call.apply_options(parsed)
    for word in parsed.operands:
        fetch(call, word.text)


def _httpie(call: Call) -> None:
    """HTTPie: `field@file`, `field=@file`, `field:=@file`, `@file`."""
    parsed = call.parse(
        "o> output> a= auth= A= auth-type= p= print= s= style= session= proxy= verify= "
        "cert^ cert-key^ timeout= F. f. b. h. v."
    )
    call.apply_options(parsed)
    for word in parsed.operands:
        text = word.text
        for mark in (":=@", "=@", "@"):
            before, found, path = text.partition(mark)
            if found and "/" not in before and "." not in before:
                call.access("send", path.partition(";")[0])
                break
        else:
            # HTTPie's short form of `localhost:8000`.
            fetch(call, f"localhost{text}" if text[:1] == ":" else text)


def is_remote(text: str) -> bool:
    """Return whether a copying program takes an operand for one on another machine."""
    if "://" in text:
        return not text.lower().startswith("file://")
    host, colon, _ = text.partition(":")
    return bool(colon) and "/" not in host and len(host) > 0


def _netcat(call: Call) -> None:
    parsed = call.parse(
        "e! c! s= p= w= q= i= X= x= I= O= T= P= o> exec! sh-exec! ssl-cert< "
        "ssl-key^ ssl-trustfile< g= G= m= output>"
    )
    call.apply_options(parsed)


def _socat(call: Call) -> None:
    """`socat`: addresses such as `FILE:.env`, `EXEC:cat .env`."""
    for word in call.words:
        kind, colon, rest = word.text.partition(":")
        name = kind.upper()
        first = rest.partition(",")[0]
        if not colon:
            call.perhaps(word.text.partition(",")[0])
        elif name in ("FILE", "OPEN", "GOPEN", "CREATE", "PIPE"):
            call.read(first)
        elif name in ("EXEC", "SYSTEM", "SHELL"):
            call.command(first)
        elif "cert=" in rest or "key=" in rest:
            for option in rest.split(",")[1:]:
                call.perhaps(option.partition("=")[2])


def _mail(call: Call) -> None:
    parsed = call.parse(
        "a^ A^ i^ s= c= b= r= t. f< F= e= H= m= q< S= u= attach^ header= "
        "body^ server= from= to= h-Subject= add-header= attach-type= "
    )
    call.apply_options(parsed)
    for word in parsed.operands:
        call.perhaps(word.text)


_S3_PLACES = ("s3://", "gs://", "az://", "r2://", "b2://", "wasb://", "oci://")


def _of_project(call: Call, words: list[str]) -> None:
    """`heroku local:run CMD` starts with `.env`; `vercel env pull` writes one."""
    if call.name == "heroku" and words[:1] and words[0].partition(":")[0] == "local":
        call.access("load", ".env")
    elif call.name == "vercel" and words[:2] == ["env", "pull"]:
        named = [text for text in words[2:] if text[:1] != "-"]
        call.access("write", named[0] if named else ".env.local")


def _cloud(call: Call) -> None:
    """Cloud tools: copies to a bucket, `file://` values, every option with a path."""
    _of_project(call, [word.text for word in call.words])
    parsed = call.parse(
        "profile= region= output= query= exclude= include= bucket= key= project= "
        "recursive. name= n= m= message= t= title= b= body="
    )
    below = parsed.has("recursive", "r", "R") or _has(parsed.operands, "sync", "rsync")
    copying = _has(
        parsed.operands, "cp", "mv", "sync", "rsync", "copy", "upload", "put"
    )
    for word in parsed.operands[1:]:
        text = word.text
        if copying and not text.startswith(_S3_PLACES):
            if call.world.is_directory(call.path(text)):
                _send_below(call, text, parsed.values("exclude"), below)
            elif "/" in text or "." in text:
                call.access("send", text)
        else:
            call.perhaps(text)
    for item in parsed.items:
        if item.name and item.value is not None and item.role == "~":
            call.perhaps(item.value.text)
    for before, word in zip(call.words, call.words[1:], strict=False):
        texts = ("--exclude", "--include", "--name", "--message")
        if before.text.startswith("--") and before.text not in texts:
            call.perhaps(word.text)


def _has(words: list[Word], *texts: str) -> bool:
    return any(word.text in texts for word in words)


def _send_below(call: Call, text: str, excluded: list[Word], below: bool) -> None:
    if not below:
        call.access("look", text)
    elif not any(word.text.strip("*/").startswith(".env") for word in excluded):
        call.access("send", text, below=True)


def _gh(call: Call) -> None:
    """`gh`: bodies may come from files, gists and releases send files."""
    texts = (
        "t= b= title= body= m= message= l= label= a= assignee= r= reviewer= R= repo= "
    )
    parsed = call.parse(
        texts
        + "F^ body-file^ notes-file^ f= field= raw-field= input^ e= env= d= desc= "
        "env-file^ o= org= H= header= X= method= q= jq= template= json= base= head= n= "
        "notes= B= S= search= L= limit= milestone= p= project= target= D= dir> O> "
        "output> "
        "filename="
    )
    if [word.text for word in call.words[:2]] == ["gist", "create"]:
        parsed = call.parse("d= f= filename= desc=")
    groups = [word.text for word in parsed.operands[:2]]
    sends = groups[:1] in (["gist"], ["snippet"]) or groups in (
        ["release", "upload"],
        ["release", "create"],
        ["ssh-key", "add"],
        ["gpg-key", "add"],
    )
    for item in parsed.items:
        if item.name in ("F", "field", "f", "raw-field") and item.value is not None:
            if groups[:1] == ["api"]:
                value = item.value.text.partition("=")[2]
                if value.startswith("@"):
                    call.access("send", value[1:])
                continue
            if groups[:1] in (["secret"], ["variable"]) and item.name == "f":
                call.access("send", item.value.text)
                continue
        if item.name and item.value is not None:
            call.apply(item.role, item.value)
    for word in parsed.operands[2:]:
        if sends:
            call.access("send", word.text.partition("#")[0])


def _unless_text(call: Call) -> None:
    for word in call.words:
        path = secret_in(word.text, call.cwd, call.world)
        if path is not None:
            call.access("send", path)


TABLE: dict[str, Reader] = {
    **programs("curl curlie", _curl),
    **programs("wget wget2 aria2c axel lynx.get", _wget),
    **programs("http https xh xhs httpie", _httpie),
    **programs("nc ncat netcat telnet pwncat", _netcat),
    "socat": _socat,
    **programs(
        "mail mailx mutt neomutt s-nail swaks sendmail msmtp ssmtp sendemail", _mail
    ),
    **programs(
        "aws gcloud gsutil az s3cmd rclone mc b2 doctl ibmcloud oci heroku vercel "
        "netlify "
        "wrangler flyctl fly railway firebase supabase s5cmd azcopy linode-cli render",
        _cloud,
    ),
    **programs("gh hub glab", _gh),
    **programs(
        "ncftpput croc wormhole magic-wormhole transfer pastebinit "
        "gist ix sprunge termbin ffsend bashupload haste tus warp send",
        _unless_text,
    ),
    "qrencode": Program("o> r< s= l= v= t=", "="),
}
