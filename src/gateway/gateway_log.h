/*
 * gateway_log.h
 *		One line per problem on standard error.
 */
#ifndef GATEWAY_LOG_H
#define GATEWAY_LOG_H

typedef enum GatewayLogLevel
{
	GATEWAY_LOG_NOTICE,
	GATEWAY_LOG_WARNING,
	GATEWAY_LOG_ERROR
} GatewayLogLevel;

void gateway_log(GatewayLogLevel level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
