package main

import "context"

func (d *doctor) checkPostgres(context.Context) {}
