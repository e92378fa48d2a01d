// Package codecov reads the parts of Codecov's public API (v2) that the reference connector needs.
package codecov

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	connectorv2 "github.com/conductorone/baton-sdk/pb/c1/connector/v2"
	"github.com/conductorone/baton-sdk/pkg/uhttp"
)

// Settings says which organization is read, and how.
type Settings struct {
	BaseURL  string
	Token    string
	Service  string
	Owner    string
	PageSize int
}

// Member is one row of an organization's roster.
type Member struct {
	Service   string `json:"service"`
	Username  string `json:"username"`
	Name      string `json:"name"`
	Activated bool   `json:"activated"`
	IsAdmin   bool   `json:"is_admin"`
	Email     string `json:"email"`
}

// MemberPage is one page of the roster; Next is empty on the last one.
type MemberPage struct {
	Next    string   `json:"next"`
	Results []Member `json:"results"`
}

// Client sends requests for one organization.
type Client struct {
	settings Settings
	base     *url.URL
	http     *uhttp.BaseHttpClient
}

// NewClient checks the address; it makes no request.
func NewClient(ctx context.Context, settings Settings) (*Client, error) {
	base, err := url.Parse(settings.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("codecov-base-url is no address: %w", err)
	}
	transport, err := uhttp.NewClient(ctx, uhttp.WithUserAgent("reference-connector"))
	if err != nil {
		return nil, err
	}
	wrapped, err := uhttp.NewBaseHttpClientWithContext(ctx, transport)
	if err != nil {
		return nil, err
	}
	return &Client{settings: settings, base: base, http: wrapped}, nil
}

// ListMembers reads one page of the roster, pages counted from 1.
func (c *Client) ListMembers(ctx context.Context, page int) (*MemberPage, *connectorv2.RateLimitDescription, error) {
	address := c.base.JoinPath("api", "v2", c.settings.Service, c.settings.Owner, "users", "/")
	address.RawQuery = url.Values{
		"page":      {strconv.Itoa(page)},
		"page_size": {strconv.Itoa(c.settings.PageSize)},
	}.Encode()

	request, err := c.http.NewRequest(ctx, http.MethodGet, address,
		uhttp.WithAcceptJSONHeader(), uhttp.WithBearerToken(c.settings.Token))
	if err != nil {
		return nil, nil, err
	}
	members := &MemberPage{}
	limits := &connectorv2.RateLimitDescription{}
	response, err := c.http.Do(request, uhttp.WithJSONResponse(members), uhttp.WithRatelimitData(limits))
	if err != nil {
		return nil, limits, err
	}
	defer response.Body.Close()
	return members, limits, nil
}
