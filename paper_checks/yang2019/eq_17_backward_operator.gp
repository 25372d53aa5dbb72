# Second moments of the gradient one layer down, entry by entry: sampled (vertical, one standard error) against the operator of (18) from two-angle integrals
# (horizontal), for a random $\Pi$.
set title sprintf("%s, B = %s", setting("phi"), setting("B"))
set xlabel "operator applied to Π"
set ylabel "samples"
@tight
plot x with lines linestyle 8, \
     table using (column("i") == column("j") ? column("operator") : NaN):"sampled":"sampled_err" with yerrorbars linestyle 3 pointtype 7 pointsize 0.8 title "one sample", \
     "" using (column("i") != column("j") ? column("operator") : NaN):"sampled":"sampled_err" with yerrorbars linestyle 2 pointsize 0.8 title "two samples"
