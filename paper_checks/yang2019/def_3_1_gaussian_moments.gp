# Entries of $V_\phi(\Sigma)$ from two-dimensional integrals against means over draws of all $B$ coordinates at once, with one standard error, for a $\Sigma$
# of full rank (blue) and one of low rank (red). On the line they agree.
set title setting("phi").", B = ".setting("B")
B = setting("B") + 0
set xlabel "entry by quadrature over two coordinates"
set ylabel "mean over draws"
@tight
plot x with lines linestyle 8, \
     table using "moment":(column("rank") == B ? column("drawn") : NaN):"drawn_err" with yerrorbars linestyle 3 pointtype 7 pointsize 0.7 title "full rank", \
     "" using "moment":(column("rank") < B ? column("drawn") : NaN):"drawn_err" with yerrorbars linestyle 2 pointsize 0.7 title "low rank"
