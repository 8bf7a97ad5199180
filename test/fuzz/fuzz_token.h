/*
 * fuzz_token.h
 *	  Tokens that are rightly signed, so that what is behind the signature is
 *	  reached.
 */
#ifndef FUZZ_TOKEN_H
#define FUZZ_TOKEN_H

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "gateway_text.h"

#define FUZZ_TOKEN_SECRET "a secret of thirty-two bytes, ok"
#define FUZZ_TOKEN_HS256 "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"

static inline void
fuzz_token_append(GatewayText *text, const void *bytes, size_t length)
{
	size_t letters = (length * 4 + 2) / 3;

	gateway_text_reserve(text, (length + 2) / 3 * 4);
	EVP_EncodeBlock((unsigned char *) text->bytes + text->length, bytes, (int) length);
	for (size_t i = 0; i < letters; i++, text->length++)
	{
		char *letter = &text->bytes[text->length];

		*letter = *letter == '+' ? '-' : *letter == '/' ? '_' : *letter;
	}
	text->bytes[text->length] = '\0';
}

/* Adds the token of a header and a payload. */
static inline void
fuzz_token_sign(GatewayText *token, const char *header, const void *payload, size_t length)
{
	size_t start = token->length;
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int mac_length;

	fuzz_token_append(token, header, strlen(header));
	gateway_text_add(token, ".");
	fuzz_token_append(token, payload, length);
	HMAC(EVP_sha256(), FUZZ_TOKEN_SECRET, sizeof(FUZZ_TOKEN_SECRET) - 1,
		 (unsigned char *) token->bytes + start, token->length - start, mac, &mac_length);
	gateway_text_add(token, ".");
	fuzz_token_append(token, mac, mac_length);
}

#endif							/* FUZZ_TOKEN_H */
