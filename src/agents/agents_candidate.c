/*
 * agents_candidate.c
 *	  What patterns find about a candidate in a message: extraction without a
 *	  model.
 *
 * Runs in any backend.  Each fact is read by itself (agents_person.c,
 * agents_duration.c, agents_terms.c); what is not surely said is left out.
 */
#include "postgres.h"

#include "fmgr.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "agents/agents_duration.h"
#include "agents/agents_person.h"
#include "agents/agents_terms.h"
#include "base/base_clock.h"
#include "base/base_domain.h"
#include "base/base_object.h"

SQL_FUNCTION(local_extraction);

static const char *
write_today(void)
{
	pg_time_t	now = timestamptz_to_time_t(base_clock_now());
	struct pg_tm *local = pg_localtime(&now, session_timezone);

	return psprintf("%04d-%02d-%02d", local->tm_year + 1900, local->tm_mon + 1, local->tm_mday);
}

/* local_extraction(content text) */
PGDLLEXPORT Datum
frontdesk_local_extraction(PG_FUNCTION_ARGS)
{
	AgentsTokens tokens = agents_token_read(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	int			months = agents_duration_experience(&tokens);
	BaseObject	facts;

	base_object_begin(&facts);
	base_object_open(&facts, "candidate");
	base_object_add_text(&facts, "full_name", agents_person_name(&tokens));
	base_object_add_text(&facts, "email", agents_person_email(&tokens));
	base_object_add_text(&facts, "phone", agents_person_phone(&tokens));
	if (months >= 0)
		base_object_add_int(&facts, "total_experience_months", months);
	base_object_add_text(&facts, "current_title", agents_person_title(&tokens));
	base_object_add_text(&facts, "notice_period", agents_terms_notice(&tokens));
	base_object_add_text(&facts, "salary_expectation", agents_terms_pay(&tokens));
	base_object_add_text(&facts, "available_from", agents_terms_start(&tokens, write_today()));
	base_object_close(&facts);
	base_object_add_null(&facts, "job");
	PG_RETURN_JSONB_P(base_object_end_jsonb(&facts));
}
