"""Programs that print, compare or turn into something else what is in a file."""

from __future__ import annotations

from .call import Call, Program, Reader, programs
from .options import Parsed

_plain = Program()

_TABLE: dict[str, Reader] = {
    # What prints a file whole, with options that take no path.
    **programs(
        "cat tac nl rev bat batcat ccat lolcat zcat bzcat xzcat lzcat zstdcat gzcat "
        "lz4cat "
        "zless zmore bzless bzmore xzless most moar ov glow mdcat rich vimcat "
        "pygmentize "
        "highlight source-highlight hexyl expand unexpand paste fold fmt pr column "
        "col colrm ul iconv recode uconv dos2unix unix2dos catdoc antiword docx2txt "
        "pdftotext xlsx2csv ptx tsort look.file jless fx catimg csvlook csvstat in2csv "
        "unexpand odt2txt lynx w3m elinks links html2text readelf nm objdump size.file "
        "aspell hunspell ispell vale proselint languagetool dhex bvi hte wxHexEditor",
        Program("o> output>"),
    ),
    **programs(
        "head tail multitail",
        Program("n= c= s= lines= bytes= pid= sleep-interval= max-unchanged-stats= i< "
                "e="),
    ),
    **programs(
        "less more pg view.page",
        Program("b= h= j= k< o> O> p= P= t= T< x= y= z= lesskey-file< pattern= tag="),
    ),
    "cut": Program(
        "b= c= d= f= bytes= characters= delimiter= fields= output-delimiter="
    ),
    "sort": Program(
        "k= t= o> S= T? key= field-separator= output> buffer-size= "
        "temporary-directory? "
        "files0-from# parallel= compress-program! batch-size= random-source< sort="
    ),
    "uniq": Program("f= s= w= skip-fields= skip-chars= check-chars=", "<>"),
    "shuf": Program("i= n= o> input-range= head-count= output> random-source<"),
    "split": Program(
        "a= b= C= l= n= t= bytes= lines= number= suffix-length= filter! separator= "
        "line-bytes= additional-suffix=",
        "%=",
    ),
    "csplit": Program("b= f= n= prefix= suffix-format= digits=", "%="),
    "join": Program("1= 2= a= e= j= o= t= v="),
    "comm": Program("output-delimiter="),
    "tee": Program("", ">"),
    **programs("sponge", Program("", ">")),
    "xxd": Program("c= g= l= o= s= cols= groupsize= len= seek= R= n=", "<>"),
    "od": Program("A= j= N= S= t= w= address-radix= skip-bytes= read-bytes= format="),
    **programs(
        "hexdump hd", Program("e= f< n= s= format= format-file< length= skip=")
    ),
    "strings": Program(
        "n= t= e= T= s= o. bytes= radix= encoding= target= output-separator="
    ),
    **programs(
        "base64 base32 basenc base58 base16 gbase64",
        Program("w= i< o> D. wrap= input< output> break="),
    ),
    **programs("uuencode", Program("", "<=")),
    **programs("uudecode", Program("o> output-file>")),
    **programs("rot13 caesar ascii85 btoa qprint mimencode mmencode", Program("o>")),
    **programs("tr echo printf yes seq expr basename dirname sleep true false "
               ":", Program("", "=")),
    **programs("date "
               "gdate", Program("d= f< r? s= date= file< reference? set= I=", "=")),
    **programs("cal ncal factor numfmt", Program("", "=")),
    "jq": Program(
        "indent= L? arg= argjson= f< from-file< slurpfile= rawfile= library-path?",
        "=<",
        free="f from-file",
    ),
    **programs(
        "gojq jaq jql",
        Program("indent= L? f< from-file< arg= argjson=", "=<", free="f from-file"),
    ),
    "dasel": Program("f< file< r= w= o> s= v= selector= read= write= out>", "=<"),
    **programs(
        "xmlstarlet xq tomlq yj",
        Program("m= v= t= f<", "=<"),
    ),
    **programs("dotenv-linter", Program("e= s=", "?")),
    **programs("diffstat filterdiff interdiff lsdiff", Program("", "<")),
    "cmp": Program("i= n= bytes= ignore-initial=", "<"),
    **programs("colordiff sdiff diff3 wdiff meld vimdiff kdiff3 delta difft dwdiff",
               Program("o> output> w= I= x= U= C=")),
    **programs(
        "say espeak espeak-ng festival spd-say enscript a2ps lp lpr "
        "mandoc figlet toilet cowsay banner qrencode qr",
        Program("f< o> v= r< w= d= t= s= l= p= P= n= m= T= input-file< output>"),
    ),
    **programs("envsubst", Program("v=", "=")),
    **programs("bc dc", Program("e= f< expression= file<")),
    **programs("gpg gpg2", Program(
        "o> r= u= output> recipient= local-user= homedir? passphrase= passphrase-file< "
        "cipher-algo= keyserver= recv-keys= trust-model= default-key= status-fd= "
        "pinentry-mode= passphrase-fd= batch.")),
    **programs("age "
               "rage", Program("r= R< i< o> recipient= recipients-file< identity< "
                               "output>")),
    "sops": Program("o> output> p= k= config< input-type= output-type= extract= set= "
                    "pgp= age=", "<"),
    "ansible-vault": Program("vault-id= vault-password-file< o> output> n=", "=<"),
    **programs("pandoc asciidoctor sphinx-build markdown marked multimarkdown cmark",
               Program("o> f= t= r= w= output> from= to= template< c= metadata= b= "
                       "data-dir?")),
    **programs("vipe vidir", Program("", "<")),
    "look": Program("t=", "=<"),
    "ed.read": _plain,
}  # fmt: skip

_DIFF = (
    "U= C= W= I= x= X< F= S= L= D= unified. context. width= ignore-matching-lines= "
    "exclude= exclude-from< label= show-function-line= starting-file= line-format= "
    "to-file< from-file< palette= tabsize= horizon-lines= color. ifdef="
)


def _diff(call: Call) -> None:
    """`diff`: prints what it reads, but for `-q`; a directory with all below it."""
    parsed = call.parse(_DIFF)
    call.apply_options(parsed)
    only_says = parsed.has("q", "brief") and not parsed.has("D", "y", "u", "U")
    below = parsed.has("r", "recursive", "N", "new-file")
    for word in parsed.operands:
        if only_says:
            call.access("look", word.text)
        else:
            call.read(
                word.text, "compares it", below=below and _is_directory(call, word.text)
            )


def _is_directory(call: Call, text: str) -> bool:
    return call.world.is_directory(call.path(text))


def _cmp(call: Call) -> None:
    """`cmp` says where two files differ; with `-l` and `-b` also how."""
    parsed = call.parse("i= n= bytes= ignore-initial=")
    shows = parsed.has("l", "b", "verbose", "print-bytes")
    for word in parsed.operands:
        call.access("read" if shows else "look", word.text)


def _wc(call: Call) -> None:
    """`wc` tells counts only, but for names that it takes from a file."""
    parsed = call.parse("files0-from< total=")
    call.apply_options(parsed)
    for word in parsed.operands:
        call.access("look", word.text, "counts it")


def _dd(call: Call) -> None:
    for word in call.words:
        name, equals, value = word.text.partition("=")
        if equals and name == "if":
            call.read(value)
        elif equals and name == "of":
            call.access("write", value)


def _openssl(call: Call) -> None:
    """`openssl`: every path behind an option, digests too (`dgst` has operands)."""
    secret_options = (
        "in",
        "key",
        "inkey",
        "sign",
        "verify",
        "kfile",
        "cert",
        "certfile",
    )
    more = ("CAfile", "rand", "sigfile", "prverify", "config", "extfile", "CA", "CAkey")
    listed = " ".join(f"{name}<" for name in (*secret_options, *more))
    rest = (
        "out> keyout> writerand> pass= passin= passout= k= K= iv= S= md= connect= host="
    )
    text = (
        "subj= days= newkey= name= inform= outform= port= servername= addext= starttls="
    )
    parsed = call.parse(
        f"{listed} {rest} {text} pkeyopt= algorithm= serverpref.", single_dash=True
    )
    call.apply_options(parsed)
    if not parsed.operands:
        return
    command, *operands = parsed.operands
    digest = command.text == "dgst" or command.text.startswith(("sha", "md5", "blake"))
    for word in operands:
        if digest:
            call.read(word.text, "digests it")
        else:
            call.perhaps(word.text)
    for word in [*parsed.values("pass", "passin", "passout")]:
        kind, _, value = word.text.partition(":")
        if kind == "file":
            call.read(value)


def _yq(call: Call) -> None:
    """`yq`: both kinds; the first operand is an expression unless it is a file."""
    parsed = call.parse(
        "from-file< I= indent= o= output-format= p= input-format= s= split-exp= "
        "expression= arg= argjson= f= front-matter= lua-prefix="
    )
    call.apply_options(parsed)
    operands = parsed.operands
    if operands and operands[0].text in ("e", "ea", "eval", "eval-all"):
        operands = operands[1:]
    for place, word in enumerate(operands):
        if place or parsed.has("expression", "from-file") or _is_file(call, word.text):
            call.read(word.text)


def _is_file(call: Call, text: str) -> bool:
    path = call.path(text)
    return call.world.is_secret(path)


def _jq(call: Call) -> None:
    """`jq`: `--slurpfile NAME FILE` takes two values, `--args` ends the files."""
    words = list(call.words)
    rest = []
    place = 0
    while place < len(words):
        text = words[place].text
        if text in ("--slurpfile", "--rawfile", "--argfile"):
            for word in words[place + 2 : place + 3]:
                call.read(word.text)
            place += 3
        elif text in ("--arg", "--argjson"):
            place += 3
        elif text in ("--args", "--jsonargs"):
            break
        else:
            rest.append(words[place])
            place += 1
    call.words = rest
    Program("indent= L? f< from-file< library-path?", "=<", free="f from-file")(call)


def _file(call: Call) -> None:
    """`file` looks at the first bytes; the lists that it is given it prints."""
    parsed: Parsed = call.parse("f< files-from< m< magic-file< F= e= P= separator=")
    call.apply_options(parsed)
    shows = parsed.has("d", "debug")
    for word in parsed.operands:
        call.access("read" if shows else "look", word.text)


TABLE: dict[str, Reader] = {
    **{name: reader for name, reader in _TABLE.items() if "." not in name},
    "diff": _diff,
    "cmp": _cmp,
    "wc": _wc,
    **programs("dd gdd dcfldd", _dd),
    "openssl": _openssl,
    "libressl": _openssl,
    "yq": _yq,
    "jq": _jq,
    "file": _file,
}
