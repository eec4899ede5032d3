/* What an agent host runs for each event: client.py without the start of Python.

   hookwright-hook --or COMMAND... -- [--observe] [--direct] AGENT_HOST [EVENT] [ARGS...]

   --delivery=ID before AGENT_HOST: whoever starts it has told the event elsewhere already.
   Where no daemon answers, this program becomes COMMAND, which does the daemon's work for
   one event. It keeps nothing on a disk, since it cannot redact. Where COMMAND is gone it
   ends with 0: our own fault never stops the agent. */
#define _GNU_SOURCE
#define _DARWIN_C_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#ifndef MAC
#ifdef __APPLE__
#define MAC 1
#else
#define MAC 0
#endif
#endif
enum { DONE, RETIRE, FAULT, USAGE }; /* see wire.Reply */
enum { REPLY_HEAD = 16, PIECE = 1 << 16, PIPE_TAKES = 16384, FOREVER = 1 << 30 };
enum { MAX_STDIN = 64 << 20, MAX_REPLY = 68 << 20 };
static const char *const SENT[] = {"AI_AGENT", "CLAUDE", "CODEX", "COPILOT", "CURSOR",
                                   "GEMINI", "GIT_", "OPENCODE", NULL};
static const char *const SECRET[] = {"TOKEN", "KEY", "SECRET", "PASSWORD", NULL};
static const char ABOUT[] = "hookwright-hook " VERSION "\n";
static const char HEAD[10] = "HKWR\1\1"; /* protocol, kind; the body's length follows */
static const char USE[] =
    "usage: hookwright-hook [--observe] [--direct] AGENT_HOST [EVENT] [ARGS...]\n";
extern char **environ;
typedef struct { char *data; size_t size, room; } Text;
static struct timespec deadline = {.tv_sec = FOREVER};
static double patience = 1e6; /* Seconds; a status line (--if-running) has little. */

static char *room_for(Text *text, size_t more) {
    if (text->room <= text->size + more) {
        text->room = 2 * text->size + more + 4096;
        if (!(text->data = realloc(text->data, text->room))) _exit(0);
    }
    return text->data + text->size;
}
static void add(Text *text, const char *data, size_t size) {
    memcpy(room_for(text, size), data, size);
    text->size += size;
}
static void put_number(char *at, size_t value) {
    for (int byte = 3; byte >= 0; byte--, value >>= 8) at[byte] = (char)(value & 255);
}
static size_t number(const char *at) {
    const unsigned char *byte = (const unsigned char *)at;
    return (size_t)byte[0] << 24 | (size_t)byte[1] << 16 | (size_t)byte[2] << 8 | byte[3];
}
static void add_field(Text *text, const char *data, size_t size) {
    put_number(room_for(text, 4), size);
    text->size += 4;
    add(text, data, size);
}
static const char *stripped(const char *name, size_t *size) {
    const char *value = getenv(name) ? getenv(name) : "";
    while (isspace((unsigned char)*value)) value++;
    for (*size = strlen(value); *size && isspace((unsigned char)value[*size - 1]);) --*size;
    return value;
}
static int switched_off(void) {
    static const char *const on[] = {"", "0", "false", "no", "off"};
    size_t size;
    const char *value = stripped("HOOKWRIGHT_NO_PLUGINS", &size);
    for (int each = 0; each < 5; each++)
        if (size == strlen(on[each]) && !strncasecmp(value, on[each], size)) return 0;
    return 1;
}
static void join(Text *path, const char *next, size_t size) {
    if (size && *next == '/') path->size = 0;
    while (path->size && path->data[path->size - 1] == '/') path->size--;
    if (!size || *next != '/') add(path, "/", 1);
    add(path, next, size);
}
static const char *home_of_user(void) {
    struct passwd *user = NULL;
#ifdef __APPLE__
    user = getpwuid(getuid());
#else /* getpwuid would load libraries, which a static program cannot rely on. */
    FILE *file = fopen("/etc/passwd", "re");
    while (file && (user = fgetpwent(file)) && user->pw_uid != getuid()) continue;
#endif
    return user ? user->pw_dir : NULL;
}
static int run_directory(Text *path, const char *cwd) { /* as core/paths.py has it */
    const char *home = getenv("HOME") ? getenv("HOME") : home_of_user(), *chosen;
    size_t size;
    if (!home) return 0;
    add(path, cwd, strlen(cwd));
    join(path, *home ? home : "/", *home ? strlen(home) : 1);
    chosen = stripped("HOOKWRIGHT_DATA_DIR", &size);
    if (size == 1 && *chosen == '~') join(path, "", 0);
    else if (size > 1 && !strncmp(chosen, "~/", 2)) join(path, chosen + 2, size - 2);
    else if (size) join(path, chosen, size);
    else {
        chosen = stripped("XDG_DATA_HOME", &size);
        if (MAC) join(path, "Library/Application Support", 27);
        else if (*chosen == '/') join(path, chosen, size);
        else join(path, ".local/share", 12);
        join(path, "hookwright", 10);
    }
    join(path, "run", 4); /* with its end */
    return 1;
}
static void add_environment(Text *text) {
    Text sent = {0};
    for (char **entry = environ, **first; *entry; entry++) {
        const char *end = strchr(*entry, '='), *at;
        int wanted = 0;
        for (int i = 0; SENT[i]; i++) wanted |= !strncmp(*entry, SENT[i], strlen(SENT[i]));
        if (!wanted || !end) continue;
        for (int i = 0; SECRET[i]; i++) wanted &= !(at = strstr(*entry, SECRET[i])) || at > end;
        /* Of two of one name the first counts, as for Python. */
        for (first = environ; strncmp(*first, *entry, (size_t)(end - *entry) + 1);) first++;
        if (!wanted || first != entry) continue;
        if (sent.size) add(&sent, "", 1);
        add(&sent, *entry, strlen(*entry));
    }
    add_field(text, sent.size ? sent.data : "", sent.size);
}
/* Return whether to try again: there was a signal, or the descriptor is ready in time. */
static int again(int descriptor, short event) {
    struct pollfd look = {.fd = descriptor, .events = event};
    struct timespec now;
    if (errno == EINTR) return 1;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return 0;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double left = 1e3 * (double)(deadline.tv_sec - now.tv_sec) + 1;
    left += (double)(deadline.tv_nsec - now.tv_nsec) / 1e6;
    left = left < 0 ? 0 : left > FOREVER ? FOREVER : left;
    return poll(&look, 1, (int)left) > 0 || errno == EINTR;
}
static void read_all(int descriptor, Text *text) {
    for (size_t start = text->size; text->size - start < MAX_STDIN;) {
        ssize_t got = read(descriptor, room_for(text, PIECE), PIECE);
        if (got > 0) text->size += (size_t)got;
        else if (!got || !again(descriptor, POLLIN)) return;
    }
}
static int write_all(int descriptor, const char *data, size_t size) {
    while (size) {
        ssize_t went = write(descriptor, data, size);
        if (went >= 0) data += went, size -= (size_t)went;
        else if (!again(descriptor, POLLOUT)) return 0;
    }
    return 1;
}
/* Set the deadline: the daemon leaves its setting, in seconds, in a link. */
static void begin_to_wait(int run) {
    char text[64] = "", *end;
    ssize_t length = readlinkat(run, "answer_timeout", text, sizeof text - 1);
    double seconds = strtod(text, &end);
    if (length <= 0 || *end || !(seconds >= 0 && seconds < 1e6)) seconds = 2;
    if (seconds > patience) seconds = patience;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += (time_t)seconds;
    deadline.tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
}
/* Return a connection to the daemon, or -1. The address is relative, because it holds
   only 104 to 108 bytes; COMMAND needs the working directory that was there before. */
static int connected(const char *path) {
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "daemon.sock"};
    struct stat state;
    int done = 0, to = -1, back = -1, run = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (run < 0 || fstat(run, &state)) return -1;
    errno = EPERM;
    if (state.st_uid == geteuid() && !(state.st_mode & 022) &&
        (back = open(".", O_RDONLY | O_CLOEXEC)) >= 0 && !fchdir(run))
        done = (to = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0 && !fcntl(to, F_SETFD, FD_CLOEXEC) &&
               !fcntl(to, F_SETFL, O_NONBLOCK) &&
               !connect(to, (const struct sockaddr *)&address, sizeof address);
    int error = errno;
    begin_to_wait(run);
    if (back >= 0 && fchdir(back)) done = 0;
    if (!done) close(to);
    close(back), close(run);
    errno = error;
    return done ? to : -1;
}
/* Return the daemon's status; the reply is whole when that is DONE or USAGE. */
static int exchange(const char *path, const Text *request, Text *reply) {
    size_t wanted = REPLY_HEAD;
    int to = connected(path);
    if (to < 0) /* Is nobody there? A slow daemon is not replaced. */
        return errno == ENOENT || errno == ENOTDIR || errno == ECONNREFUSED ? RETIRE : FAULT;
    int going = write_all(to, request->data, request->size);
    while (going && reply->size < wanted) {
        ssize_t got = recv(to, room_for(reply, PIECE), PIECE, 0);
        if (got > 0) {
            reply->size += (size_t)got;
            going = !memcmp(reply->data, "HKWA", reply->size < 4 ? reply->size : 4);
            if (wanted == REPLY_HEAD && reply->size >= REPLY_HEAD) {
                size_t out = number(reply->data + 8), error = number(reply->data + 12);
                going &= out <= MAX_REPLY && error <= MAX_REPLY;
                wanted += out + error;
            }
        } else going = got < 0 && again(to, POLLIN);
    }
    close(to);
    deadline.tv_sec = FOREVER;
    return going ? (unsigned char)reply->data[5] : FAULT;
}
/* Become the command that does the daemon's work; return where there is none. */
static void hand_over(char **command, const char *data, size_t size) {
    int ends[2];
    pid_t child = 0;
    if (pipe(ends)) return;
    if (size > PIPE_TAKES && !(child = fork())) {
        for (int each = 0; each < ends[1]; each++) close(each);
        write_all(ends[1], data, size);
        _exit(0);
    }
    if (!child) write_all(ends[1], data, size);
    if (child >= 0 && !close(ends[1]) && !dup2(ends[0], 0) && !close(ends[0]))
        execv(command[0], command);
}
static void make_id(char *id) {
    union { struct timespec now; unsigned char byte[sizeof(struct timespec)]; } random;
    if (getentropy(random.byte, 10)) clock_gettime(CLOCK_REALTIME, &random.now);
    for (int each = 0; each < 10; each++) snprintf(id + 2 * each, 3, "%02x", random.byte[each]);
}
int main(int argc, char **argv) {
    Text request = {0}, names = {0}, path = {0}, reply = {0};
    char **command = calloc((size_t)argc + 4, sizeof *command), **words = argv + (argc > 0);
    char *flags = calloc((size_t)argc + 3, 1), *flag = flags, id[21];
    int before = 0, plain = 0, status = FAULT;

    signal(SIGPIPE, SIG_IGN);
    if (argc == 2 && !strcmp(argv[1], "--version"))
        return !write_all(1, ABOUT, sizeof ABOUT - 1);
    if (!command || !flags) return 0;
    if (*words && !strcmp(*words, "--or"))
        for (words++; *words && strcmp(*words++, "--");) command[before++] = words[-1];
    make_id(id);
    if (*words && !strncmp(*words, "--delivery=", 11) && strlen(*words) == 31 &&
        strspn(*words + 11, "0123456789abcdef") == 20)
        memcpy(id, *words++ + 11, sizeof id);
    char **given = command + before; /* the id, the flags, the plain words */
    for (int options = 1; *words; words++)
        if (options && (!strcmp(*words, "--observe") || !strcmp(*words, "--direct") ||
                        !strcmp(*words, "--if-running")))
            patience = (*flag++ = (*words)[2]) == 'i' ? 0.3 : patience;
        else {
            options = plain < 2;
            if (plain) add(&names, "", 1);
            add(&names, *words, strlen(*words));
            given[2 + plain++] = *words;
        }
    if (!plain) return write_all(2, USE, sizeof USE - 1), 2;
    if (switched_off()) return 0;
    for (int each = 0; each < 3; each++) /* A closed one would become the socket. */
        if (fcntl(each, F_GETFD) < 0) open("/dev/null", O_RDWR);
    if (isatty(0)) *flag++ = 't'; /* A person typed this: there is no input. */
    char *cwd = getcwd(NULL, 0); /* NULL: it was removed under the agent. */
    if (!cwd) cwd = getenv("PWD") ? getenv("PWD") : "/";
    add(&request, HEAD, sizeof HEAD);
    add_field(&request, VERSION, sizeof VERSION - 1);
    add_field(&request, id, strlen(id));
    add_field(&request, flags, strlen(flags));
    add_field(&request, names.data, names.size);
    add_field(&request, cwd, strlen(cwd));
    add_environment(&request);
    add_field(&request, "", 0);
    size_t input = request.size;
    if (!strchr(flags, 't')) read_all(0, &request);
    put_number(request.data + input - 4, request.size - input);
    put_number(request.data + sizeof HEAD - 4, request.size - sizeof HEAD);
    if (!strchr(flags, 'd') && run_directory(&path, cwd))
        status = exchange(path.data, &request, &reply);
    if (status == DONE || status == USAGE) {
        size_t out = number(reply.data + 8), error = number(reply.data + 12);
        write_all(1, reply.data + REPLY_HEAD, out);
        write_all(2, reply.data + REPLY_HEAD + out, error);
        if (status == USAGE) return strchr(flags, 't') ? 2 : 0;
        return (unsigned char)reply.data[6];
    }
    if (status == RETIRE) *flag++ = 's';
    given[0] = id, given[1] = flags;
    if (before) hand_over(command, request.data + input, request.size - input);
    return 0;
}
