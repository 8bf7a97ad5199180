/*
 * base_settings.h
 *	  Every setting of the server side, defined in one table in
 *	  base_settings.c.  Variables are called setting_<name>.
 */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

extern bool setting_allow_drop;
extern char *setting_authenticators;
extern int	setting_breaker_failures;
extern int	setting_breaker_pause;
extern char *setting_databases;
extern bool setting_egress_allow_private;
extern char *setting_key_file;
extern int	setting_checkpoint_snapshot_every;
extern int	setting_fallback_after;
extern char *setting_http_ca_file;
extern int	setting_http_connect_timeout;
extern int	setting_http_max_connections;
extern int	setting_http_response_limit;
extern int	setting_http_timeout;
extern int	setting_in_flight_shown;
extern int	setting_join_limit;
extern int	setting_max_in_flight;
extern int	setting_node_attempts;
extern int	setting_prompt_limit;
extern int	setting_prompt_message_limit;
extern int	setting_prune_interval;
extern int	setting_quiet_time;
extern int	setting_quiet_time_limit;
extern double setting_local_confidence;
extern double setting_router_confidence;
extern int	setting_settle_time;
extern int	setting_standby_wait;
extern char *setting_site_token_file;
extern int	setting_tool_memory;
extern int	setting_step_timeout;
extern int	setting_tool_timeout;
extern int	setting_tool_workers;
extern int	setting_webhook_window;
extern int	setting_workers;

/* Defines all settings; once per process, from _PG_init. */
extern void base_settings_define(void);

#endif							/* BASE_SETTINGS_H */
