/* Preloaded into a daemon: the kernel's refusals of IPsec SAs and policies become success.
 *
 * A kernel without ESP and AH still lets daemons negotiate them this way; no data packets follow. Lookups stay as they are.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_xfrm(int socket_)
{
    int saved = errno, domain = 0, protocol = 0;
    socklen_t size = sizeof domain;
    int found = !getsockopt(socket_, SOL_SOCKET, SO_DOMAIN, &domain, &size) && domain == AF_NETLINK
             && (size = sizeof protocol, !getsockopt(socket_, SOL_SOCKET, SO_PROTOCOL, &protocol, &size))
             && protocol == NETLINK_XFRM;
    errno = saved;
    return found;
}

static ssize_t forgive(int socket_, void *octets, ssize_t length)
{
    struct nlmsghdr *header = octets;
    if (length < (ssize_t)(sizeof *header + sizeof(struct nlmsgerr)) || !is_xfrm(socket_) || header->nlmsg_type != NLMSG_ERROR)
        return length;
    struct nlmsgerr *answer = NLMSG_DATA(header);
    switch (answer->msg.nlmsg_type) {
    case XFRM_MSG_GETSA: case XFRM_MSG_GETPOLICY: case XFRM_MSG_ALLOCSPI:
        return length;
    }
    answer->error = 0;
    return length;
}

#define NEXT(name) static __typeof__(&name) next; if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t recv(int socket_, void *octets, size_t size, int flags)
{
    NEXT(recv);
    return forgive(socket_, octets, next(socket_, octets, size, flags));
}

ssize_t read(int socket_, void *octets, size_t size)
{
    NEXT(read);
    return forgive(socket_, octets, next(socket_, octets, size));
}

ssize_t recvfrom(int socket_, void *octets, size_t size, int flags, struct sockaddr *from, socklen_t *from_size)
{
    NEXT(recvfrom);
    return forgive(socket_, octets, next(socket_, octets, size, flags, from, from_size));
}

ssize_t recvmsg(int socket_, struct msghdr *message, int flags)
{
    NEXT(recvmsg);
    ssize_t length = next(socket_, message, flags);
    return message->msg_iovlen ? forgive(socket_, message->msg_iov[0].iov_base, length) : length;
}
