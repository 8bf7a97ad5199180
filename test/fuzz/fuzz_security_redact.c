/*
 * fuzz_security_redact.c
 *	  Masking of addresses, numbers of phones and cards, and IBANs.
 *
 * What is masked is text again, hardly longer than before, and no mask is lost
 * when it is masked once more; where there was one number and no address, it
 * stays as it is.  (With several in a row a second look may see what the first
 * cut otherwise.)  A card's number between blanks is gone whatever stands
 * around it.
 */
#include "postgres.h"

#include "fuzz_target.h"
#include "security/security_redact.h"
#include "security/security_sign.h"
#include "server_stubs.h"

#define CARD "4111 1111 1111 1111"

/* With fewer digits than two phone numbers have there is one at most. */
#define ONE_NUMBER_DIGITS 15

static char *
redact(const char *text)
{
	size_t		bytes = strlen(text);
	char	   *masked = security_redact(text);

	/* the shortest thing that is masked has 6 bytes, its mask 7 */
	fuzz_require(strlen(masked) <= bytes + bytes / 6);
	return masked;
}

static int
count_masks(const char *text)
{
	static const char *const masks[] = {"[email]", "[phone]", "[card]", "[iban]"};
	int			count = 0;

	for (int i = 0; i < lengthof(masks); i++)
		for (const char *p = text; (p = strstr(p, masks[i])) != NULL; p++)
			count++;
	return count;
}

static bool
has_one_number(const char *text)
{
	const char *signs = security_sign_read(text);
	int			digits = 0;

	for (const char *p = signs; *p; p++)
		digits += *p >= '0' && *p <= '9';
	return digits <= ONE_NUMBER_DIGITS && strchr(signs, '@') == NULL && strstr(signs, "%40") == NULL;
}

static void
check_again(const char *text, const char *masked)
{
	const char *again = redact(masked);

	fuzz_require(server_stubs_is_text(masked, strlen(masked)));
	/* letters of two masks and the digits between them may read as one number,
	 * which swallows both; what is masked never shows again */
	fuzz_require(count_masks(masked) == 0 || count_masks(again) > 0);
	fuzz_require(!has_one_number(text) || strcmp(again, masked) == 0);
}

static void
check_card(const char *text, size_t cut)
{
	char	   *with_card = psprintf("%.*s " CARD " %s", (int) cut, text, text + cut);

	fuzz_require(strstr(redact(with_card), CARD) == NULL);
	fuzz_require(count_masks(redact(with_card)) > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	uint8_t		cut = fuzz_take(&bytes, &length);
	char	   *text = fuzz_string(bytes, length);
	char	   *masked = redact(text);

	security_redact_has_card(text);
	if (server_stubs_is_text(text, strlen(text)))
	{
		check_again(text, masked);
		if (strstr(text, CARD) == NULL)
			check_card(text, Min(cut, strlen(text)));
	}
	server_stubs_forget();
	free(text);
	return 0;
}
