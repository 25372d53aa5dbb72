# $1-\rho_l$ against depth at criticality (dots) and its asymptotes (lines): a constant times $l^{-2}$ for relu and leaky relu of negative slope
# $a$, $5/(2l)$ for erf.
a = setting("a") + 0
set title "Rates of shrinkage at criticality, ρ_0 = ".number("rho_0")
set xlabel "depth l (non-linear layers)"
set ylabel "1 − ρ_l"
set logscale xy
set format xy "10^{%L}"
@depths
slopes = "0 ".(a == 0 ? "" : sprintf("%g ", a))."0.6 erf"
name(i) = i == 1 ? "relu" : i == words(slopes) ? "erf" : "a = ".word(slopes, i)
of(i, x) = column(-1) == i - 1 ? column(x) : NaN
below(x) = x < 10 ? x : NaN
plot for [i=1:words(slopes)] table using "l":(below(of(i, "asymptote"))) with lines linecolor rgb hue(i) linewidth 1, \
     for [i=1:words(slopes)] "" using "l":(of(i, "gap")) with points pointtype 7 pointsize 0.5 linecolor rgb hue(i) title name(i)
