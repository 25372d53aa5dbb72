# Theorem E.25 for the identity, entry (1, 1): the integrand over $\ln s$ (black) and what the outer integral still misses when it begins at $a$ (red). Both fall like
# $a^{C/2}$ (dashed), $C=B-1$ the rank; the other order of the integrals would diverge here.
set title "Identity, B = ".setting("B")
set xlabel "a, s (scaled by the least variance)"
set ylabel "missing part, integrand"
set logscale xy
set format xy "10^{%L}"
c = (setting("B") - 1) / 2.
stats table using (column("a") < 2e-3 ? column("integrand") / column("a")**c : NaN) nooutput
plot table using "a":"integrand" with lines linestyle 1 title "integrand", \
     "" using "a":"missing" with points linestyle 2 title "missing below a", \
     [*:0.1] STATS_mean * x**c with lines linestyle 8 title "a^{C/2}"
