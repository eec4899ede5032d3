"""Programs that show no content: names, sizes, rights, sums; and those that remove.

A checksum counts as reading: with it, guesses of a secret can be tried. Lists of
files that such a program takes from a file are read, and printed with every name that
is none.
"""

from __future__ import annotations

from .call import Call, Program, Reader, programs

_MODE_FIRST = Program("reference?", "=?")


def _sum(call: Call) -> None:
    """Checksums count as reading: by a sum, short secrets can be guessed."""
    parsed = call.parse("a= l= algorithm= length= b. t.")
    for word in parsed.operands:
        call.read(word.text, "sums it up")


def _remove(call: Call) -> None:
    parsed = call.parse("n= s= u. iterations= size= random-source<")
    call.apply_options(parsed)
    for word in parsed.operands:
        call.access("remove", word.text)


def _bracket(call: Call) -> None:
    """`test`: files are only looked at, whatever is asked of them."""
    for before, word in zip(call.words, call.words[1:], strict=False):
        if len(before.text) == 2 and before.text[0] == "-" and before.text[1] in _TESTS:
            call.access("look", word.text)


_TESTS = "abcdefghkLNOpSrsuwxG"

TABLE: dict[str, Reader] = {
    **programs(
        "ls dir vdir exa eza lsd tree stat realpath readlink test.file du df lsattr "
        "getfattr getfacl namei mountpoint fuser lsof.file pathchk sync fsync "
        "xattr mdls ncdu dust dua vmtouch fincore ll la",
        Program(
            "I= w= T= L= P= c= f= format= ignore= hide= color= time-style= sort= time= "
            "block-size= exclude= d= max-depth= files0-from< fromfile< o= H. "
            "relative-to? "
            "relative-base? printf= s. B= t= n= X< exclude-from< threshold= "
            "level= ignore-glob= git-ignore. git.",
            "?",
        ),
    ),
    **programs(
        "touch mkdir rmdir mkfifo mknod chattr setfattr setfacl chflags mktemp",
        Program(
            "r? t= d= s= m= p. date= reference? time= size= mode= l= o= n= v= x= M= "
            "X= b= "
            "modify= remove= set= tmpdir? suffix=",
            "?",
        ),
    ),
    **programs("chmod chown chgrp gchmod chcon", _MODE_FIRST),
    **programs(
        "rm unlink trash trash-put rmtrash del erase shred srm wipe gio.trash", _remove
    ),
    **programs(
        "sha1sum sha224sum sha256sum sha384sum sha512sum md5sum b2sum cksum sum shasum "
        "md5 b3sum xxhsum xxh64sum sha3sum crc32 rhash hashdeep",
        _sum,
    ),
    **programs("truncate fallocate", Program("s= l= o= r? size= reference?", ">")),
    **programs("[ test [[", _bracket),
    **programs(
        "pwd whoami id groups hostname uname uptime free ps top htop kill killall "
        "pkill "
        "pgrep jobs wait which whereis type hash command-not-found history clear reset "
        "tty stty nproc arch lscpu lsblk lsusb lspci dmesg who w last getent locale "
        "printenv.name tput ulimit umask alias unalias export set unset declare "
        "typeset "
        "local readonly shift return exit break continue let trap read mapfile "
        "readarray "
        "getopts bg fg disown logout times caller complete compgen compopt bind shopt "
        "enable dirs popd pushd cd eval.text printenv help info whatis apropos ping "
        "dig "
        "nslookup host traceroute ip ifconfig netstat ss arp route systemctl service "
        "launchctl sw_vers defaults groupadd useradd usermod passwd apt apt-get "
        "dpkg.pkg "
        "brew dnf yum apk pacman port snap flatpak crontab.list",
        Program("", "="),
    ),
}
TABLE = {name: reader for name, reader in TABLE.items() if "." not in name}
