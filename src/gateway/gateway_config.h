/*
 * gateway_config.h
 *		Every setting of the gateway.
 */
#ifndef GATEWAY_CONFIG_H
#define GATEWAY_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "gateway_text.h"

/* Times are in milliseconds, sizes in bytes; texts are never NULL. */
typedef struct GatewayConfig
{
	int64_t address_connections; /* 0: an eighth of max_connections */
	int64_t admin_port;			 /* 0: served on the main port */
	char *anonymous_role;
	int64_t body_limit;
	int64_t body_memory;
	char *cors_origins;
	char *database; /* secret: may hold a password */
	int64_t drain_timeout;
	char *jwt_audience;
	int64_t jwt_require_exp;
	char *jwt_secret; /* secret */
	int64_t keepalive_timeout;
	char *listen_address;
	int64_t log_requests;
	int64_t max_connections;
	int64_t pool_size;
	int64_t port;
	int64_t queue_size;
	int64_t queue_timeout;
	int64_t rate_limit;
	int64_t receive_timeout;
	char *schema;
	int64_t send_timeout;
	int64_t statement_timeout;
	char *static_directory;
	char *trusted_proxies;
	char *webhook_functions;
	int64_t webhook_retry_time;
	char *webhook_role;
} GatewayConfig;

bool gateway_config_load(GatewayConfig *config, const char *file,
						 GatewayText *problem);
void gateway_config_keep_fixed(GatewayConfig *fresh,
							   const GatewayConfig *running);
void gateway_config_print_help(FILE *out);
void gateway_config_print_sample(FILE *out);
bool gateway_config_is_local(const GatewayConfig *config);
bool gateway_config_list_has(const char *list, const char *word);
void gateway_config_free(GatewayConfig *config);

#endif
