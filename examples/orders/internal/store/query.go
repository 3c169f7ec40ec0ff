package store

import (
	"strconv"
	"time"
)

// Filter selects orders; a zero field selects everything.
type Filter struct {
	Status    Status
	Customers []int
	Since     time.Time
	Limit     int
}

func (f Filter) match(o Order) bool {
	if f.Status != "" && o.Status != f.Status {
		return false
	}
	if !f.Since.IsZero() && o.Placed.Before(f.Since) {
		return false
	}
	if len(f.Customers) == 0 {
		return true
	}
	for _, id := range f.Customers {
		if id == o.Customer {
			return true
		}
	}
	return false
}

// Find returns the orders that match, oldest first.
func (s *Store) Find(f Filter) []Order {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := []Order{}
	for _, o := range s.orders {
		if !f.match(o) {
			continue
		}
		found = append(found, o)
		if f.Limit > 0 && len(found) == f.Limit {
			break
		}
	}
	return found
}

// AllIDs returns the number of every order.
func (s *Store) AllIDs() IDs {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var ids IDs
	for i := 0; i < len(s.orders); i++ {
		ids = append(ids, s.orders[i].ID)
	}
	return ids
}

// AllLines returns the lines of all orders in one list.
func (s *Store) AllLines() []Line {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var lines []Line
	for _, o := range s.orders {
		for _, l := range o.Lines {
			lines = append(lines, l)
		}
	}
	return lines
}

// SKUs returns the products of an order, each once.
func (o Order) SKUs() []string {
	seen := make(map[string]bool)
	for _, l := range o.Lines {
		seen[l.SKU] = true
	}
	return sortedKeys(seen)
}

// condition is one comparison of the statement that the warehouse runs.
type condition struct {
	column, op string
	value      any
}

func (f Filter) conditions() []condition {
	var list []condition
	if f.Status != "" {
		list = append(list, condition{"status", "=", string(f.Status)})
	}
	if !f.Since.IsZero() {
		list = append(list, condition{"placed", ">=", f.Since.UTC().Format(time.RFC3339)})
	}
	return list
}

// Select is the filter as the statement for the copy of the orders in the warehouse.
func (f Filter) Select() (string, []any) {
	where := ""
	var args []any
	for _, c := range f.conditions() {
		if where != "" {
			where += " AND "
		}
		where += c.column + " " + c.op + " ?"
		args = append(args, c.value)
	}
	if len(f.Customers) > 0 {
		marks := ""
		for i, id := range f.Customers {
			if i > 0 {
				marks += ", "
			}
			marks += "?"
			args = append(args, id)
		}
		if where != "" {
			where += " AND "
		}
		where += "customer IN (" + marks + ")"
	}
	statement := "SELECT id, customer, status, placed FROM orders"
	if where != "" {
		statement += " WHERE " + where
	}
	if f.Limit > 0 {
		statement += " LIMIT " + strconv.Itoa(f.Limit)
	}
	return statement, args
}
