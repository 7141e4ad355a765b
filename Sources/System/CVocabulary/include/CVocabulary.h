#pragma once
#include <stddef.h>

/// Embedded tables from Scripts/vocabulary. They lie in read-only pages of the executable.
const void *oneapi_cl100k(size_t *length);
const void *oneapi_o200k(size_t *length);
const void *oneapi_unicode_classes(size_t *length);
