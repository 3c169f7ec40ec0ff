// Package store keeps products, customers and orders in memory.
package store

import (
	"errors"
	"sort"
	"sync"
	"time"
)

// ErrNotFound is returned for an unknown order, customer or product.
var ErrNotFound = errors.New("not found")

// Status is the state of an order.
type Status string

// The states an order goes through.
const (
	Draft   Status = "draft"
	Placed  Status = "placed"
	Shipped Status = "shipped"
)

// IDs are order numbers in the order in which the orders came in.
type IDs []int

// Product is something we sell; prices are in cents.
type Product struct {
	SKU      string   `json:"sku"`
	Name     string   `json:"name"`
	Category string   `json:"category"`
	Price    int64    `json:"price"`
	Tags     []string `json:"tags,omitempty"`
}

// Customer buys products.
type Customer struct {
	ID      int    `json:"id"`
	Name    string `json:"name"`
	Country string `json:"country"`
}

// Line is one position of an order, at the price of the day it was placed.
type Line struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
	Price    int64  `json:"price"`
}

// Order is what a customer asked for.
type Order struct {
	ID       int       `json:"id"`
	Customer int       `json:"customer"`
	Status   Status    `json:"status"`
	Placed   time.Time `json:"placed"`
	Lines    []Line    `json:"lines"`
	Note     string    `json:"note,omitempty"`
}

// Change is one entry of an order's history.
type Change struct {
	At   time.Time `json:"at"`
	From Status    `json:"from"`
	To   Status    `json:"to"`
}

// Store is safe for use by many goroutines.
type Store struct {
	mu        sync.RWMutex
	products  map[string]Product
	customers []Customer
	orders    []Order
	history   map[int][]Change
	watchers  map[chan Order]struct{}
}

// New makes a store from the given stock and customers.
func New(products []Product, customers []Customer) *Store {
	bySKU := make(map[string]Product)
	for _, p := range products {
		bySKU[p.SKU] = p
	}
	return &Store{
		products:  bySKU,
		customers: customers,
		history:   make(map[int][]Change),
		watchers:  make(map[chan Order]struct{}),
	}
}

// Place adds an order, fills in number and prices, and tells the watchers.
func (s *Store) Place(o Order) (Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.Customer < 1 || o.Customer > len(s.customers) {
		return Order{}, ErrNotFound
	}
	var lines []Line
	for _, l := range o.Lines {
		p, ok := s.products[l.SKU]
		if !ok {
			return Order{}, ErrNotFound
		}
		l.Price = p.Price
		lines = append(lines, l)
	}
	o.ID, o.Lines = len(s.orders)+1, lines
	s.orders = append(s.orders, o)
	for ch := range s.watchers {
		select {
		case ch <- o:
		default: // a watcher that does not keep up misses orders
		}
	}
	return o, nil
}

// SetStatus moves an order on and notes it in the order's history.
func (s *Store) SetStatus(id int, to Status, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id < 1 || id > len(s.orders) {
		return ErrNotFound
	}
	o := &s.orders[id-1]
	s.history[id] = append(s.history[id], Change{At: at, From: o.Status, To: to})
	o.Status = to
	return nil
}

// Order returns one order.
func (s *Store) Order(id int) (Order, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if id < 1 || id > len(s.orders) {
		return Order{}, ErrNotFound
	}
	return s.orders[id-1], nil
}

// History returns the changes of an order in UTC; nil means that nobody has touched it.
func (s *Store) History(id int) []Change {
	s.mu.RLock()
	changes := s.history[id]
	s.mu.RUnlock()

	var out []Change
	for _, c := range changes {
		c.At = c.At.UTC()
		out = append(out, c)
	}
	return out
}

// Products returns the whole stock, sorted by SKU.
func (s *Store) Products() []Product {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := []Product{}
	for _, p := range s.products {
		list = append(list, p)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].SKU < list[j].SKU })
	return list
}

// Prices returns a copy of the price list that the caller may keep.
func (s *Store) Prices() map[string]int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	prices := make(map[string]int64)
	for sku, p := range s.products {
		prices[sku] = p.Price
	}
	return prices
}

// Categories counts the products of each category.
func (s *Store) Categories() map[string]int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	counts := make(map[string]int)
	for _, p := range s.products {
		counts[p.Category]++
	}
	return counts
}

// Customers returns all customers by number.
func (s *Store) Customers() map[int]Customer {
	s.mu.RLock()
	defer s.mu.RUnlock()
	byID := make(map[int]Customer)
	for _, c := range s.customers {
		byID[c.ID] = c
	}
	return byID
}

// Watch sends every order placed from now on to the channel, until stop is called.
func (s *Store) Watch() (orders <-chan Order, stop func()) {
	ch := make(chan Order, 16)
	s.mu.Lock()
	s.watchers[ch] = struct{}{}
	s.mu.Unlock()
	return ch, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, ok := s.watchers[ch]; ok {
			delete(s.watchers, ch)
			close(ch)
		}
	}
}
