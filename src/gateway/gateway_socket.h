/*
 * gateway_socket.h
 *		The socket that the gateway listens on.
 */
#ifndef GATEWAY_SOCKET_H
#define GATEWAY_SOCKET_H

int gateway_socket_open(const char *address, int port);
int gateway_socket_port(int fd);

#endif
