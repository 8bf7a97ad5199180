/*
 * fake_contact.c
 *		The contacts of the Chatwoot stand-in.
 *
 * Few and seldom asked for, so they are json-c objects in one array.  Their
 * e-mail address, phone number and identifier are unique, as in Chatwoot.
 */
#include "fake_world.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

static json_object **contacts = NULL;
static size_t contact_count = 0;
static int64_t last_contact_id = 500;

static const char *const unique_members[] = { "email", "phone_number",
	"identifier", NULL };

static json_object *
parse(FakeSlice json)
{
	json_tokener *tokener = json_tokener_new();
	json_object *object = json_tokener_parse_ex(tokener, json.at,
												(int) json.len);

	json_tokener_free(tokener);
	if (json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	return NULL;
}

static json_object *
find_contact(int64_t id)
{
	for (size_t i = 0; i < contact_count; i++)
		if (json_object_get_int64(json_object_object_get(contacts[i], "id")) ==
			id)
			return contacts[i];
	return NULL;
}

static bool
is_taken(json_object *contact, const char *member)
{
	const char *value =
		json_object_get_string(json_object_object_get(contact, member));

	for (size_t i = 0; value != NULL && i < contact_count; i++)
	{
		const char *other =
			json_object_get_string(json_object_object_get(contacts[i],
														  member));

		if (contacts[i] != contact && other != NULL &&
			strcmp(value, other) == 0)
			return true;
	}
	return false;
}

/* Adds a contact and answers its id; 0 with the member that is taken. */
int64_t
fake_contact_create(FakeSlice json, const char **taken)
{
	static const char *const objects[] = { "custom_attributes",
		"additional_attributes", NULL };
	json_object *contact = parse(json);
	int64_t id;

	*taken = NULL;
	if (contact == NULL)
		return 0;
	for (int i = 0; unique_members[i] != NULL; i++)
		if (is_taken(contact, unique_members[i]))
			*taken = unique_members[i];
	if (*taken != NULL)
	{
		json_object_put(contact);
		return 0;
	}
	id = json_object_get_int64(json_object_object_get(contact, "id"));
	if (id == 0)
		id = ++last_contact_id;
	json_object_object_add(contact, "id", json_object_new_int64(id));
	for (int i = 0; objects[i] != NULL; i++)
		if (!json_object_object_get_ex(contact, objects[i], NULL))
			json_object_object_add(contact, objects[i],
								   json_object_new_object());
	contacts = realloc(contacts, (contact_count + 1) * sizeof(json_object *));
	if (contacts == NULL)
		abort();
	contacts[contact_count++] = contact;
	return id;
}

/* Sets members; attributes are merged.  False when there is no such contact. */
bool
fake_contact_update(int64_t id, FakeSlice json)
{
	json_object *contact = find_contact(id);
	json_object *changes = parse(json);

	if (contact == NULL || changes == NULL)
	{
		json_object_put(changes);
		return false;
	}
	json_object_object_foreach(changes, name, value)
	{
		json_object *old;

		if (json_object_is_type(value, json_type_object) &&
			json_object_object_get_ex(contact, name, &old) &&
			json_object_is_type(old, json_type_object))
		{
			json_object_object_foreach(value, key, member)
				json_object_object_add(old, key, json_object_get(member));
		}
		else
			json_object_object_add(contact, name, json_object_get(value));
	}
	json_object_put(changes);
	return true;
}

static void
render(FakeText *out, json_object *contact)
{
	fake_text_puts(out, json_object_to_json_string_ext(contact,
							JSON_C_TO_STRING_PLAIN |
							JSON_C_TO_STRING_NOSLASHESCAPE));
}

/* Appends a contact; false when there is none. */
bool
fake_contact_render(FakeText *out, int64_t id)
{
	json_object *contact = find_contact(id);

	if (contact != NULL)
		render(out, contact);
	return contact != NULL;
}

/* Appends up to 15 contacts that hold the text; answers how many they are. */
int
fake_contact_search(FakeText *out, FakeSlice wanted)
{
	static const char *const members[] = { "name", "email", "phone_number",
		"identifier", NULL };
	int found = 0;

	for (size_t i = 0; i < contact_count && found < 15; i++)
		for (int m = 0; members[m] != NULL; m++)
		{
			const char *value =
				json_object_get_string(json_object_object_get(contacts[i],
															  members[m]));

			if (value == NULL || wanted.len == 0 ||
				memmem(value, strlen(value), wanted.at, wanted.len) == NULL)
				continue;
			if (found++ > 0)
				fake_text_puts(out, ",");
			render(out, contacts[i]);
			break;
		}
	return found;
}

void
fake_contact_reset(void)
{
	for (size_t i = 0; i < contact_count; i++)
		json_object_put(contacts[i]);
	contact_count = 0;
}
