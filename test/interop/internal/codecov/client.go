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
	Count   int64    `json:"count"`
	Next    string   `json:"next"`
	Results []Member `json:"results"`
}

// Roster selects which members are listed.
type Roster string

const (
	// Everybody is the whole roster.
	Everybody Roster = ""
	// SeatHolders are the members with a seat.
	SeatHolders Roster = "true"
)

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

// Owner is the slug of the organization.
func (c *Client) Owner() string {
	return c.settings.Owner
}

// ListMembers reads one page of the roster, pages counted from 1.
func (c *Client) ListMembers(ctx context.Context, roster Roster, page int) (*MemberPage, *connectorv2.RateLimitDescription, error) {
	return c.listMembers(ctx, roster, page, c.settings.PageSize)
}

// CountSeats tells how many members hold a seat.
func (c *Client) CountSeats(ctx context.Context) (int64, error) {
	members, _, err := c.listMembers(ctx, SeatHolders, 1, 1)
	if err != nil {
		return 0, err
	}
	return members.Count, nil
}

// SetSeat gives a member a seat or takes it away.
func (c *Client) SetSeat(ctx context.Context, username string, activated bool) error {
	request, err := c.http.NewRequest(ctx, http.MethodPatch, c.usersAddress(username),
		uhttp.WithAcceptJSONHeader(), uhttp.WithBearerToken(c.settings.Token),
		uhttp.WithJSONBody(map[string]bool{"activated": activated}))
	if err != nil {
		return err
	}
	member := &Member{}
	response, err := c.http.Do(request, uhttp.WithJSONResponse(member))
	if err != nil {
		return fmt.Errorf("set the seat of %s: %w", username, err)
	}
	defer response.Body.Close()
	if member.Activated != activated {
		return fmt.Errorf("the seat of %s is not as it was set", username)
	}
	return nil
}

func (c *Client) listMembers(ctx context.Context, roster Roster, page int, pageSize int) (*MemberPage, *connectorv2.RateLimitDescription, error) {
	address := c.usersAddress()
	query := url.Values{
		"page":      {strconv.Itoa(page)},
		"page_size": {strconv.Itoa(pageSize)},
	}
	if roster != Everybody {
		query.Set("activated", string(roster))
	}
	address.RawQuery = query.Encode()

	request, err := c.http.NewRequest(ctx, http.MethodGet, address,
		uhttp.WithAcceptJSONHeader(), uhttp.WithBearerToken(c.settings.Token))
	if err != nil {
		return nil, nil, err
	}
	members := &MemberPage{}
	limits := &connectorv2.RateLimitDescription{}
	response, err := c.http.Do(request, uhttp.WithJSONResponse(members), uhttp.WithRatelimitData(limits))
	if err != nil {
		return nil, limits, fmt.Errorf("list members, page %d: %w", page, err)
	}
	defer response.Body.Close()
	return members, limits, nil
}

func (c *Client) usersAddress(below ...string) *url.URL {
	parts := append([]string{"api", "v2", c.settings.Service, c.settings.Owner, "users"}, below...)
	return c.base.JoinPath(append(parts, "/")...)
}
