#include "CPrices.h"

static const char prices[] = {
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc23-extensions"
#embed "prices.tsv"
#pragma clang diagnostic pop
};

const char *oneapi_prices(size_t *length) {
    *length = sizeof prices;
    return prices;
}
