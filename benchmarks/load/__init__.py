"""Many people at once on one served process: the page's requests, the people's own pace."""
