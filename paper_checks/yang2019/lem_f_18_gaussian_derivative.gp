# The derivative of a Gaussian mean $\mathrm Ef(z)$ along random directions of the covariance: by the score (red) and by second derivatives of $f$ (blue) against extrapolated
# differences of the mean. The line is equality.
set title "Five functions of two variables, random covariances"
set xlabel "differences of E f in Σ"
set ylabel "right sides of lemma F.18"
set key at graph 0.5, graph 1 center bottom
plot x with lines linestyle 8, \
     table using "differences":"curvature" with points linestyle 3 pointtype 6 pointsize 1.2 title "½ E ⟨f″, Λ⟩", \
     "" using "differences":"score" with points linestyle 2 title "½ E f ⟨Σ^{-1}zz^TΣ^{-1} − Σ^{-1}, Λ⟩"
