// Package api is the HTTP interface of the order service.
package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"example.com/orders/internal/pricing"
	"example.com/orders/internal/report"
	"example.com/orders/internal/static"
	"example.com/orders/internal/store"
)

// API answers requests from a store.
type API struct {
	Store    *store.Store
	Files    static.Files
	Counters Counters
	// OnPlaced is called with every new order; it may be nil.
	OnPlaced func(store.Order)
}

// Handler returns the routes of the service.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/orders", a.orders)
	mux.HandleFunc("/orders/", a.order)
	mux.HandleFunc("/products", a.products)
	mux.HandleFunc("/reports/", a.reports)
	mux.HandleFunc("/events", a.events)
	mux.HandleFunc("/stats", a.stats)
	mux.Handle("/price-list", a.Files)
	return a.Counters.count(mux)
}

// writeJSON encodes first, so that an error can still become a 500.
func (a *API) writeJSON(w http.ResponseWriter, status int, v any) {
	var buf bytes.Buffer
	if err := json.NewEncoder(&buf).Encode(v); err != nil {
		a.fail(w, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(buf.Len()))
	w.WriteHeader(status)
	n, _ := w.Write(buf.Bytes())
	a.Counters.bytes.Add(int64(n))
}

func (a *API) fail(w http.ResponseWriter, status int, err error) {
	a.Counters.errors.Add(1)
	http.Error(w, err.Error(), status)
}

func (a *API) orders(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		f, err := parseFilter(r)
		if err != nil {
			a.fail(w, http.StatusBadRequest, err)
			return
		}
		a.writeJSON(w, http.StatusOK, a.Store.Find(f))
	case http.MethodPost:
		var o store.Order
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&o); err != nil {
			a.fail(w, http.StatusBadRequest, err)
			return
		}
		o.Status, o.Placed = store.Placed, time.Now().UTC()
		placed, err := a.Store.Place(o)
		if err != nil {
			a.fail(w, http.StatusUnprocessableEntity, err)
			return
		}
		if a.OnPlaced != nil {
			a.OnPlaced(placed)
		}
		a.writeJSON(w, http.StatusCreated, placed)
	default:
		a.fail(w, http.StatusMethodNotAllowed, errors.New("GET or POST"))
	}
}

func parseFilter(r *http.Request) (store.Filter, error) {
	q := r.URL.Query()
	f := store.Filter{Status: store.Status(q.Get("status"))}
	var err error
	if text := q.Get("limit"); text != "" {
		if f.Limit, err = strconv.Atoi(text); err != nil {
			return f, fmt.Errorf("limit: %w", err)
		}
	}
	// ids stays nil without the parameter, which means all customers
	var ids []int
	for _, text := range q["customer"] {
		id, err := strconv.Atoi(text)
		if err != nil {
			return f, fmt.Errorf("customer: %w", err)
		}
		ids = append(ids, id)
	}
	f.Customers = ids
	return f, nil
}

// order serves /orders/{id} and what is below it.
func (a *API) order(w http.ResponseWriter, r *http.Request) {
	number, part, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/orders/"), "/")
	id, err := strconv.Atoi(number)
	if err != nil {
		a.fail(w, http.StatusBadRequest, errors.New("order numbers are digits"))
		return
	}
	o, err := a.Store.Order(id)
	if err != nil {
		a.fail(w, http.StatusNotFound, err)
		return
	}
	switch part {
	case "":
		a.writeJSON(w, http.StatusOK, o)
	case "lines":
		a.writeJSON(w, http.StatusOK, lineViews(o.Lines))
	case "invoice":
		country := a.Store.Customers()[o.Customer].Country
		a.writeJSON(w, http.StatusOK, pricing.Invoice(o.Lines, country))
	case "history":
		changes := a.Store.History(id)
		if changes == nil {
			a.fail(w, http.StatusNotFound, errors.New("no changes"))
			return
		}
		a.writeJSON(w, http.StatusOK, changes)
	default:
		http.NotFound(w, r)
	}
}

// lineView is a line with the amount that the customer pays for it.
type lineView struct {
	store.Line
	Amount string `json:"amount"`
}

func lineViews(lines []store.Line) []lineView {
	var views []lineView
	for _, l := range lines {
		views = append(views, lineView{Line: l, Amount: pricing.Format(pricing.Total([]store.Line{l}))})
	}
	return views
}

func (a *API) products(w http.ResponseWriter, r *http.Request) {
	a.writeJSON(w, http.StatusOK, a.Store.Products())
}

// reports serves the same rows in the format that the path asks for.
func (a *API) reports(w http.ResponseWriter, r *http.Request) {
	f, err := parseFilter(r)
	if err != nil {
		a.fail(w, http.StatusBadRequest, err)
		return
	}
	rows := report.Rows(a.Store.Find(f), a.Store.Customers())
	switch strings.TrimPrefix(r.URL.Path, "/reports/") {
	case "orders.csv":
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		fmt.Fprint(w, report.CSV(rows))
	case "orders.html":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, report.HTML("Orders", rows))
	case "orders.json":
		a.writeJSON(w, http.StatusOK, rows)
	case "orders.txt":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprint(w, report.Summary(rows))
	case "notes.txt":
		buf := new(bytes.Buffer)
		if err := report.Notes(buf, rows); err != nil {
			a.fail(w, http.StatusInternalServerError, err)
			return
		}
		w.Write(buf.Bytes())
	default:
		http.NotFound(w, r)
	}
}
