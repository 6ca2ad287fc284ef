package mail

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	"mandorla/internal/fault"
)

// Server is where mail is handed in.
type Server struct {
	Host     string
	Port     int
	Implicit bool   // encrypted from the first byte; otherwise by STARTTLS, which only this machine's own server may lack
	User     string // "": no sign-in
	Password string
}

// ParseServer reads smtps://user:password@host:465 or smtp://user:password@host:587. The error shows no password.
func ParseServer(address string) (Server, error) {
	const example = "--smtp takes an address such as smtps://user:password@mail.example.com:465, or smtp://… for STARTTLS on port 587. "
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return Server{}, fault.New(fault.Invalid, example+"Write special characters of the password as %%40 for @, %%3A for :, %%2F for /.")
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return Server{}, fault.New(fault.Invalid, example+"Nothing follows the port.")
	}
	s := Server{Host: u.Hostname(), Port: 587, Implicit: u.Scheme == "smtps", User: u.User.Username()}
	s.Password, _ = u.User.Password()
	if s.Implicit {
		s.Port = 465
	}
	if p := u.Port(); p != "" {
		if s.Port, err = strconv.Atoi(p); err != nil || s.Port < 1 || s.Port > 65535 {
			return Server{}, fault.New(fault.Invalid, example+"A port is a number up to 65535.")
		}
	}
	return s, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
