# $(1-\rho_l)/(1-\rho_0)$ of close inputs after $l$ layers of erf with several variance ratios $s$ (red) and $P'(1)^l$ (black). Below, the relative
# difference of the two for all six activations: rounding.
stats table using (1e16 * (column("quotient") / column("power") - 1)) nooutput
gap = steps(STATS_max - STATS_min)
set title "erf: pairs near correlation one"
set ylabel "(1 − ρ_l) / (1 − ρ_0)"
set logscale y
set xrange [0:*] noextend
@upper
set format y "10^{%L}"
set rmargin at screen 0.88
at_end(value) = strcol(1) eq "erf" && column("l") == 64 ? value : NaN
plot table using (at_end(64)):"power":(-64):(1 - column("power")) with vectors nohead linestyle 1, \
     NaN with lines linestyle 1 title "P′(1)^l", \
     "" using (pick("erf", column("l"))):"quotient" with points linestyle 2 title "composed maps", \
     "" using (at_end(64)):"power":(sprintf("s = %.3g", column("s"))) with labels left offset 0.6,0 textcolor rgb black
@lower
unset logscale y
set ytics gap
set xlabel "layer l"
set ylabel "difference · 10^{16}"
plot 0 with lines linestyle 8, table using "l":(1e16 * (column("quotient") / column("power") - 1)) with points linestyle 2
