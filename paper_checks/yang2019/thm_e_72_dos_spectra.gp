# The eigenvalues of $G^{\otimes2}\circ\mathrm{DOS}(u,v,w)$ on $\mathbb RG$, $\mathbb L$ and $\mathbb M$ against the batch size: theorem E.73 (lines), the explicit matrix applied to the
# spaces (points).
set title sprintf("DOS(%s, %s, %s) between centrings", number("u"), number("v"), number("w"))
set xlabel "batch size B"
set ylabel "eigenvalue"
set xrange [3.7:12.3]
set offsets 0, 0, graph 0.1, graph 0.1
plot table using "B":"G" with lines linestyle 1 title "G", "" using "B":"L" with lines linestyle 3 title "L", "" using "B":"M" with lines linestyle 4 title "M", \
     "" using "B":"G_matrix" with points linestyle 2 title "matrix", "" using "B":"L_matrix" with points linestyle 2, "" using "B":"M_matrix" with points linestyle 2
