#pragma once
#include <curl/curl.h>
#include <stdbool.h>

// curl's setters are variadic, so Swift cannot call them. There is one function for each type of argument.
static inline CURLcode oneapi_easy_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode oneapi_easy_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode oneapi_easy_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode oneapi_easy_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode oneapi_easy_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}
typedef size_t (*oneapi_data_callback)(char *data, size_t size, size_t count, void *context);
static inline CURLcode oneapi_easy_set_data_callback(CURL *easy, CURLoption option, oneapi_data_callback callback) {
    return curl_easy_setopt(easy, option, callback);
}
typedef int (*oneapi_close_callback)(void *context, curl_socket_t socket);
static inline CURLcode oneapi_easy_set_close_callback(CURL *easy, oneapi_close_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, callback);
}
/// curl calls it with the address before it connects. It creates the socket, or refuses with CURL_SOCKET_BAD.
typedef curl_socket_t (*oneapi_open_callback)(void *context, curlsocktype purpose, struct curl_sockaddr *address);
static inline CURLcode oneapi_easy_set_open_callback(CURL *easy, oneapi_open_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, callback);
}
/// Whether bytes of the request itself were sent. curl counts a CONNECT to a proxy in the request's size too, but sends
/// it before the transfer begins.
static inline bool oneapi_easy_was_sent(CURL *easy) {
    long size = 0;
    curl_off_t begun = 0;
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &size);
    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &begun);
    return size > 0 && begun > 0;
}
static inline CURLMcode oneapi_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode oneapi_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode oneapi_multi_set_socket_callback(CURLM *multi, curl_socket_callback callback) {
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback);
}
static inline CURLMcode oneapi_multi_set_timer_callback(CURLM *multi, curl_multi_timer_callback callback) {
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, callback);
}
/// The next finished transfer and its result; NULL if there is none.
static inline CURL *oneapi_multi_next_done(CURLM *multi, CURLcode *result) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            *result = message->data.result;
            return message->easy_handle;
        }
    }
    return NULL;
}
