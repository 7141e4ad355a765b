#pragma once
#include <stddef.h>

/// Embedded tables, made by Scripts/vocabulary; they stay in the executable's read-only pages.
const void *oneapi_cl100k(size_t *length);
const void *oneapi_o200k(size_t *length);
const void *oneapi_unicode_classes(size_t *length);
