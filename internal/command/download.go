package command

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// download fetches manifests that are named by a URL, as kubectl does.
type download struct {
	client *http.Client
	// limit is the most bytes that are taken.
	limit int64
}

// downloads waits for a server as long as people do, and takes more than the
// manifests of any release are.
var downloads = download{client: &http.Client{Timeout: 30 * time.Second}, limit: 64 << 20}

func isURL(name string) bool {
	return strings.HasPrefix(name, "https://") || strings.HasPrefix(name, "http://")
}

// shownURL is a URL without what may be a secret in it.
func shownURL(name string) string {
	u, err := url.Parse(name)
	if err != nil {
		return "URL"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// fetch returns all that the server has, or an error that names the URL.
func (d download) fetch(name string) ([]byte, error) {
	text, err := d.get(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shownURL(name), err)
	}
	return text, nil
}

func (d download) get(name string) ([]byte, error) {
	request, err := http.NewRequest(http.MethodGet, name, nil)
	if err != nil {
		return nil, errors.New("it is not a URL")
	}
	request.Header.Set("User-Agent", "outrigger/"+thisBuild().Version)
	response, err := d.client.Do(request)
	if err != nil {
		return nil, withoutURL(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answers %s", response.Status)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, d.limit+1))
	switch {
	case err != nil:
		return nil, withoutURL(err)
	case int64(len(text)) > d.limit:
		return nil, fmt.Errorf("it is larger than %d MiB", d.limit>>20)
	}
	return text, nil
}

// withoutURL is a failure of a call without its URL, which stands before it already.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
