/*
 * security_request.c
 *	  Who is asking: fixed once per transaction, in memory that no SQL reaches.
 *
 * Runs in sessions of an authenticator: the gateway's login, or another
 * PostgREST's that frontdesk.authenticators names.  Many people share such a
 * session, one transaction each, so neither the session's user nor a setting
 * tells them apart: whoever gets SQL to run could write the setting.  Instead the
 * first statement of each transaction calls open_request() (accept_request()
 * behind PostgREST), which keeps role and claims here until the transaction ends
 * and refuses a second call in it.  caller_role(), caller_subject() and
 * request_claims() read them, and row security asks those.
 *
 * When the secret "jwt" of account 0 is stored, claims are taken from the token
 * itself, after its signature was checked; without a right token nobody has
 * proven to be anybody, and role_is_proven() is false.
 *
 * A request leaves nothing in the session.  It cleans up in its own commit, so
 * that no statement and no round trip is spent on it: settings, the role,
 * temporary objects, what it listens to and the sequences' memory before the
 * commit, locks of the session also after an abort.  What could not be cleaned
 * like that (prepared statements, cursors that outlive the transaction,
 * libraries) is refused while a request is open.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "commands/async.h"
#include "commands/sequence.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "storage/lock.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/varlena.h"

#include "base/base_cache.h"
#include "base/base_domain.h"
#include "base/base_settings.h"
#include "base/base_spi.h"
#include "security/security_log.h"
#include "security/security_request.h"
#include "security/security_secret.h"
#include "security/security_token.h"

SQL_FUNCTION(open_request);
SQL_FUNCTION(accept_request);
SQL_FUNCTION(request_claims);
SQL_FUNCTION(caller_role);
SQL_FUNCTION(caller_subject);
SQL_FUNCTION(role_is_proven);

#define GATEWAY_LOGIN "frontdesk_authenticator"
#define KEY_PURPOSE "jwt"

/* The request of this transaction; role is NULL between requests.  Texts and
 * claims live in request_context. */
static struct
{
	char	   *role;
	char	   *subject;		/* of the token; NULL without one */
	Jsonb	   *claims;
	bool		is_proven;
} request;

static MemoryContext request_context;
static ProcessUtility_hook_type prev_utility_hook;

/* ---- sessions that carry requests ---- */

static bool
is_listed(const char *login)
{
	char	   *list = pstrdup(setting_authenticators);
	List	   *names = NIL;
	ListCell   *cell;

	if (!SplitIdentifierString(list, ',', &names))
		return false;
	foreach(cell, names)
		if (strcmp(lfirst(cell), login) == 0)
			return true;
	return false;
}

/* Whether this session is one of an authenticator's. */
static bool
carries_requests(void)
{
	char	   *login = GetUserNameFromId(GetSessionUserId(), false);

	return strcmp(login, GATEWAY_LOGIN) == 0 ||
		(setting_authenticators[0] != '\0' && is_listed(login));
}

/* ---- the end of a request ---- */

static void
set_for_transaction(const char *name, const char *value)
{
	(void) set_config_option(name, value, superuser() ? PGC_SUSET : PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}

static void
reset_setting(const char *name)
{
	(void) set_config_option(name, NULL, superuser() ? PGC_SUSET : PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SET, true, 0, false);
}

/*
 * What RESET ALL, DISCARD TEMP, DISCARD SEQUENCES and UNLISTEN * do.  How durable
 * this very commit is stays as the transaction has it: a webhook is acknowledged
 * after it.
 */
static void
leave_nothing(void)
{
	char	   *durability = pstrdup(GetConfigOption("synchronous_commit", false, false));

	reset_setting("role");
	ResetAllOptions();
	if (strcmp(durability, GetConfigOption("synchronous_commit", false, false)) != 0)
		set_for_transaction("synchronous_commit", durability);
	Async_UnlistenAll();
	ResetSequenceCaches();
	if (OidIsValid(LookupExplicitNamespace("pg_temp", true)))
	{
		PushActiveSnapshot(GetTransactionSnapshot());
		ResetTempTableNamespace();
		PopActiveSnapshot();
	}
}

/* Ends the request with its transaction: nothing of who asked stays in the
 * session. */
static void
request_cb(XactEvent event, void *arg)
{
	if (request.role == NULL)
		return;
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			leave_nothing();
			break;
		case XACT_EVENT_PRE_PREPARE:
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("PREPARE TRANSACTION is not possible in a request")));
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_ABORT:
			LockReleaseSession(USER_LOCKMETHOD);
			memset(&request, 0, sizeof(request));
			MemoryContextReset(request_context);
			break;
		default:
			break;
	}
}

/* The name of a statement whose traces would outlive the transaction, or NULL. */
static const char *
lasting_statement(Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_PrepareStmt:
			return "PREPARE";
		case T_DeallocateStmt:
			return "DEALLOCATE";
		case T_LoadStmt:
			return "LOAD";
		case T_DeclareCursorStmt:
			return castNode(DeclareCursorStmt, statement)->options & CURSOR_OPT_HOLD ?
				"DECLARE CURSOR WITH HOLD" : NULL;
		default:
			return NULL;
	}
}

static void
utility_cb(PlannedStmt *planned, const char *text, bool read_only_tree,
		   ProcessUtilityContext context, ParamListInfo parameters,
		   QueryEnvironment *environment, DestReceiver *receiver, QueryCompletion *completion)
{
	const char *lasting = request.role ? lasting_statement(planned->utilityStmt) : NULL;

	if (lasting != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("%s is not possible in a request", lasting),
				 errdetail("The session serves other people next, and this would still be there.")));
	if (prev_utility_hook)
		prev_utility_hook(planned, text, read_only_tree, context, parameters, environment, receiver,
						  completion);
	else
		standard_ProcessUtility(planned, text, read_only_tree, context, parameters, environment,
								receiver, completion);
}

void
security_request_init(void)
{
	prev_utility_hook = ProcessUtility_hook;
	ProcessUtility_hook = utility_cb;
	request_context = AllocSetContextCreate(TopMemoryContext, "frontdesk request",
											ALLOCSET_SMALL_SIZES);
	RegisterXactCallback(request_cb, NULL);
}

/* ---- the rights of the owner ---- */

typedef struct Rights
{
	Oid			user;
	int			context;
	int			nest_level;
} Rights;

/*
 * What follows runs with the rights of the owner, as a definer function does: the
 * names in it are the server's, whatever search_path the session has.  An error
 * gives the rights back with its transaction.
 */
static Rights
take_rights(void)
{
	Rights		own;

	GetUserIdAndSecContext(&own.user, &own.context);
	SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID, own.context | SECURITY_LOCAL_USERID_CHANGE);
	own.nest_level = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_SUSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	return own;
}

static void
return_rights(const Rights *own)
{
	AtEOXact_GUC(true, own->nest_level);
	SetUserIdAndSecContext(own->user, own->context);
}

/* ---- the house's key ---- */

typedef struct HouseKey
{
	char	   *text;			/* NULL: none is stored */
} HouseKey;

/* The login of a gateway may not see secrets. */
static BaseCacheFinding
fill_key(const BaseCacheKey *key, void *value)
{
	Rights		own = take_rights();

	((HouseKey *) value)->text = security_secret_read(key->account_id, KEY_PURPOSE);
	return_rights(&own);
	return BASE_CACHE_LASTING;
}

static void
wipe_key(void *value)
{
	char	   *text = ((HouseKey *) value)->text;

	if (text)
		explicit_bzero(text, strlen(text));
}

/* The key that tokens are checked with; NULL when none is stored. */
static const char *
read_key(void)
{
	static BaseCache keys = {
		.name = "keys of tokens", .value_bytes = sizeof(HouseKey), .fill = fill_key, .wipe = wipe_key
	};
	const HouseKey *key = base_cache_get(&keys, &(BaseCacheKey) {0}, CurrentMemoryContext);

	return key->text;
}

/* ---- whose share of the gateway that is ---- */

typedef struct Share
{
	bool		is_of_accounts; /* else the caller sees none */
	int64		number;			/* one for all who see the same accounts */
} Share;

/* Asks what row security asks. */
static BaseCacheFinding
fill_share(const BaseCacheKey *key, void *value)
{
	static BaseStatement visible = {"SELECT frontdesk.visible_accounts()", {InvalidOid}};
	Share	   *share = value;
	ArrayType  *accounts;
	int			count;
	bool		isnull;
	Rights		own = take_rights();

	base_spi_read(&visible, NULL, NULL);
	return_rights(&own);
	accounts = DatumGetArrayTypeP(base_spi_value(0, 1, &isnull));
	count = ArrayGetNItems(ARR_NDIM(accounts), ARR_DIMS(accounts));
	share->is_of_accounts = count > 0;
	share->number = (int64) hash_bytes_extended((const unsigned char *) ARR_DATA_PTR(accounts),
												count * (int) sizeof(int32), 0);
	return BASE_CACHE_LASTING;
}

/* The share of the open request; NULL when nobody's account is behind it. */
static const Share *
read_share(void)
{
	static BaseCache shares = {
		.name = "shares of callers", .value_bytes = sizeof(Share), .fill = fill_share
	};
	char	   *caller = request.role;
	const Share *share;

	if (!request.is_proven)
		return NULL;
	if (request.subject != NULL)
		caller = psprintf("%s\n%s", request.role, request.subject);
	share = base_cache_get(&shares, &(BaseCacheKey) {.name = caller}, CurrentMemoryContext);
	return share->is_of_accounts ? share : NULL;
}

/* ---- the start of a request ---- */

/* Header "authorization" when it carries a token, else NULL. */
static char *
find_token(const char *headers)
{
	Jsonb	   *object;
	char	   *authorization;

	if (headers == NULL || headers[0] == '\0')
		return NULL;
	object = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(headers)));
	if (!JB_ROOT_IS_OBJECT(object))
		return NULL;
	authorization = security_token_claim(object, "authorization");
	return authorization && pg_strncasecmp(authorization, "bearer ", 7) == 0 ? authorization : NULL;
}

/* Claims that count: those of the token when there is a key, else those told. */
static Jsonb *
prove_claims(const char *role, const char *headers, const char *told)
{
	const char *key = read_key();
	char	   *token = key ? find_token(headers) : NULL;
	Jsonb	   *claims = NULL;
	char	   *role_claim;

	request.is_proven = key == NULL || token != NULL;
	if (token != NULL)
		claims = security_token_open(token, key);
	else if (key == NULL && told != NULL && told[0] != '\0')
		claims = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(told)));
	if (claims == NULL || !JB_ROOT_IS_OBJECT(claims))
		return NULL;
	role_claim = security_token_claim(claims, "role");
	if (token != NULL && role_claim != NULL && strcmp(role_claim, role) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("the token of this request is not for role \"%s\"", role)));
	return claims;
}

static Jsonb *
copy_claims(const Jsonb *claims)
{
	Jsonb	   *copy = palloc(VARSIZE(claims));

	memcpy(copy, claims, VARSIZE(claims));
	return copy;
}

/* Fixes who asks until the end of the transaction. */
static void
fix(const char *role, const char *headers, const char *told)
{
	MemoryContext caller;
	Jsonb	   *claims;

	if (!carries_requests())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("this session carries no requests"),
				 errdetail("It belongs to \"%s\".", GetUserNameFromId(GetSessionUserId(), false)),
				 errhint("Only the gateway's login and those that frontdesk.authenticators names do.")));
	if (request.role != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("who asks is fixed already for this transaction")));
	security_log_hide_parameters();
	claims = prove_claims(role, headers, told);
	caller = MemoryContextSwitchTo(request_context);
	if (claims != NULL)
	{
		request.claims = copy_claims(claims);
		request.subject = security_token_claim(request.claims, "sub");
	}
	request.role = pstrdup(role);
	MemoryContextSwitchTo(caller);
}

static char *
text_argument(FunctionCallInfo fcinfo, int number)
{
	return PG_ARGISNULL(number) ? pstrdup("") : text_to_cstring(PG_GETARG_TEXT_PP(number));
}

/* open_request(role, method, path, headers, claims, read_only) */
PGDLLEXPORT Datum
frontdesk_open_request(PG_FUNCTION_ARGS)
{
	char	   *role = text_argument(fcinfo, 0);
	char	   *headers = text_argument(fcinfo, 3);
	char	   *claims = text_argument(fcinfo, 4);
	const Share *share;

	if (role[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a request needs a role")));
	fix(role, headers, claims);
	share = read_share();
	if (!PG_ARGISNULL(5) && PG_GETARG_BOOL(5))
		set_for_transaction("transaction_read_only", "on");
	set_for_transaction("request.method", text_argument(fcinfo, 1));
	set_for_transaction("request.path", text_argument(fcinfo, 2));
	set_for_transaction("request.headers", headers);
	set_for_transaction("request.jwt.claims", claims);
	set_for_transaction("response.status", "");
	set_for_transaction("response.headers", "");
	/* last, for the role may not do the above */
	set_for_transaction("role", role);
	if (share == NULL)
		PG_RETURN_NULL();
	PG_RETURN_INT64(share->number);
}

/* accept_request() */
PGDLLEXPORT Datum
frontdesk_accept_request(PG_FUNCTION_ARGS)
{
	Oid			role = GetCurrentRoleId();

	fix(GetUserNameFromId(OidIsValid(role) ? role : GetSessionUserId(), false),
		GetConfigOption("request.headers", true, false),
		GetConfigOption("request.jwt.claims", true, false));
	PG_RETURN_VOID();
}

/* ---- who asks ---- */

/* request_claims() */
PGDLLEXPORT Datum
frontdesk_request_claims(PG_FUNCTION_ARGS)
{
	if (request.claims == NULL)
		return DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"));
	PG_RETURN_JSONB_P(request.claims);
}

/* caller_role() */
PGDLLEXPORT Datum
frontdesk_caller_role(PG_FUNCTION_ARGS)
{
	Oid			role = GetCurrentRoleId();

	if (request.role != NULL)
		PG_RETURN_TEXT_P(cstring_to_text(request.role));
	if (!OidIsValid(role) || carries_requests())
		role = GetSessionUserId();
	PG_RETURN_TEXT_P(cstring_to_text(GetUserNameFromId(role, false)));
}

/* caller_subject() */
PGDLLEXPORT Datum
frontdesk_caller_subject(PG_FUNCTION_ARGS)
{
	if (request.subject == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(request.subject));
}

/* role_is_proven() */
PGDLLEXPORT Datum
frontdesk_role_is_proven(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(request.role != NULL ? request.is_proven : !carries_requests());
}
