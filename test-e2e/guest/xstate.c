/*
 * A shim for user-mode-linux, preloaded into it. The 6.1 kernel keeps the floating point state of a process in a buffer
 * of fixed size. On a CPU with more state than that (AMX has 8 KiB of tiles) the host refuses to take back a state that
 * short, and the guest panics with "ptrace set fp regs failed". This makes the state that is handed back as long as the
 * host wants it, with the parts that the guest does not keep marked as unused.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef NT_X86_XSTATE
#define NT_X86_XSTATE 0x202
#endif

/* In the xsave format, where the bitmap of the present state components lies, and the two bits of AMX in it. */
enum { XSTATE_BV = 512 };
static const uint64_t AMX = (uint64_t)3 << 17;

static char state[64 * 1024] __attribute__((aligned(64)));
static size_t host_length;

/* How long the host's own state is, found out by reading it once. */
static size_t length_on_host(pid_t pid)
{
	if (host_length == 0) {
		struct iovec whole = { state, sizeof state };
		if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, NT_X86_XSTATE, &whole) == 0)
			host_length = whole.iov_len;
	}
	return host_length;
}

static long set_padded(pid_t pid, const struct iovec *given, size_t length)
{
	struct iovec padded = { state, length };
	uint64_t components;

	memset(state, 0, length);
	memcpy(state, given->iov_base, given->iov_len);
	memcpy(&components, state + XSTATE_BV, sizeof components);
	components &= ~AMX;
	memcpy(state + XSTATE_BV, &components, sizeof components);
	return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, NT_X86_XSTATE, &padded);
}

long ptrace(enum __ptrace_request request, ...)
{
	va_list rest;
	va_start(rest, request);
	pid_t pid = va_arg(rest, pid_t);
	void *address = va_arg(rest, void *);
	void *data = va_arg(rest, void *);
	va_end(rest);

	if (request == PTRACE_SETREGSET && (uintptr_t)address == NT_X86_XSTATE) {
		const struct iovec *given = data;
		size_t length = length_on_host(pid);
		if (length > given->iov_len && given->iov_len >= XSTATE_BV + sizeof(uint64_t))
			return set_padded(pid, given, length);
	}
	if (request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA || request == PTRACE_PEEKUSER) {
		/* The system call stores the word; the library function, which this replaces, returns it. */
		long word = 0;
		long result = syscall(SYS_ptrace, request, pid, address, &word);
		if (result < 0)
			return result;
		errno = 0;
		return word;
	}
	return syscall(SYS_ptrace, request, pid, address, data);
}
