#pragma once
// A C interface to simdjson's DOM (Debian's libsimdjson), which Swift cannot import. Nothing here throws.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct oneapi_json_parser oneapi_json_parser;
/// A position in a parsed document, valid until the parser's next parse.
typedef struct { uint64_t words[2]; } oneapi_json_element;
/// An iterator over an object or array.
typedef struct { oneapi_json_element at, end; } oneapi_json_walk;

enum oneapi_json_kind { ONEAPI_JSON_NULL, ONEAPI_JSON_BOOL, ONEAPI_JSON_INT, ONEAPI_JSON_UINT, ONEAPI_JSON_DOUBLE,
    ONEAPI_JSON_STRING, ONEAPI_JSON_ARRAY, ONEAPI_JSON_OBJECT };
enum oneapi_json_status { ONEAPI_JSON_OK, ONEAPI_JSON_INVALID, ONEAPI_JSON_TOO_DEEP, ONEAPI_JSON_BAD_UTF8,
    ONEAPI_JSON_TOO_LARGE, ONEAPI_JSON_BAD_NUMBER, ONEAPI_JSON_EMPTY, ONEAPI_JSON_BAD_STRING, ONEAPI_JSON_NO_MEMORY };

oneapi_json_parser *oneapi_json_parser_new(size_t max_depth);
void oneapi_json_parser_free(oneapi_json_parser *parser);
/// Copies `bytes`, then validates and parses them. Returns an oneapi_json_status.
int oneapi_json_parse(oneapi_json_parser *parser, const uint8_t *bytes, size_t length, oneapi_json_element *root);

/// Only validates, with the thread's parser or, for a large document, a new parser. Returns an oneapi_json_status.
int oneapi_json_validate(const uint8_t *bytes, size_t length, size_t max_depth);

int oneapi_json_kind_of(oneapi_json_element element);
bool oneapi_json_bool(oneapi_json_element element);
int64_t oneapi_json_int(oneapi_json_element element);
uint64_t oneapi_json_uint(oneapi_json_element element);
double oneapi_json_double(oneapi_json_element element);
const char *oneapi_json_string(oneapi_json_element element, size_t *length);
/// The first member with this (unescaped) name.
bool oneapi_json_find(oneapi_json_element object, const char *key, size_t length, oneapi_json_element *value);
size_t oneapi_json_count(oneapi_json_element array);
oneapi_json_walk oneapi_json_walk_array(oneapi_json_element array);
bool oneapi_json_next_element(oneapi_json_walk *walk, oneapi_json_element *value);
oneapi_json_walk oneapi_json_walk_object(oneapi_json_element object);
bool oneapi_json_next_member(oneapi_json_walk *walk, const char **key, size_t *length, oneapi_json_element *value);

#ifdef __cplusplus
}
#endif
