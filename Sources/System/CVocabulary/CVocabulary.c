#include "CVocabulary.h"

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc23-extensions"
static const _Alignas(8) unsigned char cl100k[] = {
#embed "cl100k_base.bin"
};
static const _Alignas(8) unsigned char o200k[] = {
#embed "o200k_base.bin"
};
static const _Alignas(8) unsigned char classes[] = {
#embed "classes.bin"
};
#pragma clang diagnostic pop

const void *oneapi_cl100k(size_t *length) {
    *length = sizeof cl100k;
    return cl100k;
}

const void *oneapi_o200k(size_t *length) {
    *length = sizeof o200k;
    return o200k;
}

const void *oneapi_unicode_classes(size_t *length) {
    *length = sizeof classes;
    return classes;
}
