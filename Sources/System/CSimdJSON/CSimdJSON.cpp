#include "CSimdJSON.h"

#include <cstring>
#include <new>
#include <simdjson.h>

using namespace simdjson;

struct oneapi_json_parser {
    dom::parser parser;
};

// simdjson's elements and iterators are two words that own nothing, so C can copy them.
template <typename To, typename From> static To recast(const From &from) {
    static_assert(sizeof(To) == sizeof(From), "layout of simdjson changed");
    To to;
    std::memcpy(static_cast<void *>(&to), static_cast<const void *>(&from), sizeof(To));
    return to;
}

static dom::element element_of(oneapi_json_element value) { return recast<dom::element>(value); }

static int status_of(error_code code) {
    switch (code) {
    case SUCCESS: return ONEAPI_JSON_OK;
    case DEPTH_ERROR: return ONEAPI_JSON_TOO_DEEP;
    case UTF8_ERROR: return ONEAPI_JSON_BAD_UTF8;
    case CAPACITY: return ONEAPI_JSON_TOO_LARGE;
    case NUMBER_ERROR:
    case NUMBER_OUT_OF_RANGE: return ONEAPI_JSON_BAD_NUMBER;
    case EMPTY: return ONEAPI_JSON_EMPTY;
    case STRING_ERROR:
    case UNESCAPED_CHARS:
    case UNCLOSED_STRING: return ONEAPI_JSON_BAD_STRING;
    case MEMALLOC: return ONEAPI_JSON_NO_MEMORY;
    default: return ONEAPI_JSON_INVALID;
    }
}

oneapi_json_parser *oneapi_json_parser_new(size_t max_depth) {
    auto *made = new (std::nothrow) oneapi_json_parser();
    if (made != nullptr && made->parser.allocate(4096, max_depth) != SUCCESS) {
        delete made;
        return nullptr;
    }
    return made;
}

void oneapi_json_parser_free(oneapi_json_parser *parser) { delete parser; }

int oneapi_json_parse(oneapi_json_parser *parser, const uint8_t *bytes, size_t length, oneapi_json_element *root) {
    dom::element element;
    error_code code = parser->parser.parse(bytes, length, true).get(element);
    if (code == SUCCESS) *root = recast<oneapi_json_element>(element);
    return status_of(code);
}

static int validate(dom::parser &parser, const uint8_t *bytes, size_t length, size_t max_depth) {
    if (parser.max_depth() != max_depth && parser.allocate(4096, max_depth) != SUCCESS) return ONEAPI_JSON_NO_MEMORY;
    return status_of(parser.parse(bytes, length, true).error());
}

int oneapi_json_validate(const uint8_t *bytes, size_t length, size_t max_depth) {
    // A parser keeps about twenty times the size of its largest document. Free that memory after a rare large document.
    static constexpr size_t largest_kept = 256 << 10;
    if (length > largest_kept) {
        dom::parser passing;
        return validate(passing, bytes, length, max_depth);
    }
    static thread_local dom::parser kept;
    return validate(kept, bytes, length, max_depth);
}

int oneapi_json_kind_of(oneapi_json_element element) {
    switch (element_of(element).type()) {
    case dom::element_type::BOOL: return ONEAPI_JSON_BOOL;
    case dom::element_type::INT64: return ONEAPI_JSON_INT;
    case dom::element_type::UINT64: return ONEAPI_JSON_UINT;
    case dom::element_type::DOUBLE: return ONEAPI_JSON_DOUBLE;
    case dom::element_type::STRING: return ONEAPI_JSON_STRING;
    case dom::element_type::ARRAY: return ONEAPI_JSON_ARRAY;
    case dom::element_type::OBJECT: return ONEAPI_JSON_OBJECT;
    default: return ONEAPI_JSON_NULL;
    }
}

bool oneapi_json_bool(oneapi_json_element element) {
    bool value = false;
    return element_of(element).get_bool().get(value) == SUCCESS && value;
}

int64_t oneapi_json_int(oneapi_json_element element) {
    int64_t value = 0;
    return element_of(element).get_int64().get(value) == SUCCESS ? value : 0;
}

uint64_t oneapi_json_uint(oneapi_json_element element) {
    uint64_t value = 0;
    return element_of(element).get_uint64().get(value) == SUCCESS ? value : 0;
}

double oneapi_json_double(oneapi_json_element element) {
    double value = 0;
    return element_of(element).get_double().get(value) == SUCCESS ? value : 0;
}

const char *oneapi_json_string(oneapi_json_element element, size_t *length) {
    const char *text = nullptr;
    *length = 0;
    if (element_of(element).get_c_str().get(text) != SUCCESS) return nullptr;
    if (element_of(element).get_string_length().get(*length) != SUCCESS) return nullptr;
    return text;
}

bool oneapi_json_find(oneapi_json_element object, const char *key, size_t length, oneapi_json_element *value) {
    dom::object members;
    if (element_of(object).get_object().get(members) != SUCCESS) return false;
    dom::element found;
    if (members.at_key(std::string_view(key, length)).get(found) != SUCCESS) return false;
    *value = recast<oneapi_json_element>(found);
    return true;
}

size_t oneapi_json_count(oneapi_json_element array) {
    dom::array elements;
    if (element_of(array).get_array().get(elements) != SUCCESS) return 0;
    size_t count = 0;
    for (auto element : elements) {
        (void)element;
        count++;
    }
    return count;
}

oneapi_json_walk oneapi_json_walk_array(oneapi_json_element array) {
    oneapi_json_walk walk = {{{0, 0}}, {{0, 0}}};
    dom::array elements;
    if (element_of(array).get_array().get(elements) != SUCCESS) return walk;
    walk.at = recast<oneapi_json_element>(elements.begin());
    walk.end = recast<oneapi_json_element>(elements.end());
    return walk;
}

bool oneapi_json_next_element(oneapi_json_walk *walk, oneapi_json_element *value) {
    if (std::memcmp(&walk->at, &walk->end, sizeof walk->at) == 0) return false;
    auto iterator = recast<dom::array::iterator>(walk->at);
    *value = recast<oneapi_json_element>(*iterator);
    ++iterator;
    walk->at = recast<oneapi_json_element>(iterator);
    return true;
}

oneapi_json_walk oneapi_json_walk_object(oneapi_json_element object) {
    oneapi_json_walk walk = {{{0, 0}}, {{0, 0}}};
    dom::object members;
    if (element_of(object).get_object().get(members) != SUCCESS) return walk;
    walk.at = recast<oneapi_json_element>(members.begin());
    walk.end = recast<oneapi_json_element>(members.end());
    return walk;
}

bool oneapi_json_next_member(oneapi_json_walk *walk, const char **key, size_t *length, oneapi_json_element *value) {
    if (std::memcmp(&walk->at, &walk->end, sizeof walk->at) == 0) return false;
    auto iterator = recast<dom::object::iterator>(walk->at);
    std::string_view name = iterator.key();
    *key = name.data();
    *length = name.size();
    *value = recast<oneapi_json_element>(iterator.value());
    ++iterator;
    walk->at = recast<oneapi_json_element>(iterator);
    return true;
}
