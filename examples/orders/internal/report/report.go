// Package report turns orders into CSV, HTML and plain text.
package report

import (
	"example.com/orders/internal/pricing"
	"example.com/orders/internal/store"
)

// Row is one order as the reports show it.
type Row struct {
	ID       int    `json:"id"`
	Customer string `json:"customer"`
	Country  string `json:"country"`
	Status   string `json:"status"`
	Placed   string `json:"placed"`
	Items    int    `json:"items"`
	Total    int64  `json:"total"`
	Note     string `json:"note,omitempty"`
}

// Rows joins orders with their customers; no orders give nil, which the API shows as null.
func Rows(orders []store.Order, customers map[int]store.Customer) []Row {
	var rows []Row
	for _, o := range orders {
		c := customers[o.Customer]
		items := 0
		for _, l := range o.Lines {
			items += l.Quantity
		}
		rows = append(rows, Row{
			ID:       o.ID,
			Customer: c.Name,
			Country:  c.Country,
			Status:   string(o.Status),
			Placed:   o.Placed.UTC().Format("2006-01-02 15:04"),
			Items:    items,
			Total:    pricing.Total(o.Lines),
			Note:     o.Note,
		})
	}
	return rows
}

// Countries sums up the totals by country.
func Countries(rows []Row) map[string]int64 {
	sums := make(map[string]int64)
	for _, r := range rows {
		sums[r.Country] += r.Total
	}
	return sums
}
