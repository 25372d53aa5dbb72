# How far the left side of Theorem 2 stands above the right one at infinite width; below 1 (blue) the theorem would fail. The least ratio that a
# search over mixed blocks finds (green) comes down to $4e$; with $\|\phi\|^2$ in the denominator (green, dashed), to $6$.
set title "Theorem 2: the ratio of its two sides"
set xlabel "depth L (blocks)"
set ylabel "Π P′(1) / bound"
set logscale xy
set yrange [0.5:1e12]
set format y "10^{%L}"
@depths
@two_rows
ratio(name) = pick(name, column("slopes") / column("bound"))
stats table using (pick("search", column("least"))) name "found" nooutput
stats table using (pick("search, other reading", column("least"))) name "other" nooutput
least = found_min; other_least = other_min
plot table using "L":(ratio("chosen")) with lines linestyle 1 title setting("phi").", σ² = ".number("sigma2"), \
     "" using "L":(ratio("erf, sigma^2 = 0.01")) with lines linestyle 5 title "erf, σ² = 0.01", \
     "" using "L":(ratio("relu, sigma^2 = 0.1")) with lines linestyle 7 title "relu, σ² = 0.1", \
     "" using "L":(ratio("h3, sigma^2 = 0.01")) with lines linestyle 2 linewidth 2 title "h_3, σ² = 0.01", \
     "" using "L":(ratio("all in turn, sigma^2 = 0.01")) with lines linestyle 6 title "11 kinds in turn", \
     least with lines linestyle 4 title "search", other_least with lines linestyle 4 dashtype 2, 1 with lines linestyle 3
