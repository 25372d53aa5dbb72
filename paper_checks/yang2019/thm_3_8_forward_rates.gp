# Forward eigenvalues at the symmetric fixed point, one point for each activation at $B=4$ (small) to 1000 (large): $\lambda_M$ against $\lambda_L$. Below the grey diagonal
# the paper's typical case, above it activations that compress large inputs. Right of the other grey line the fixed point is unstable.
set title "Norms (λ_L) and correlations (λ_M)"
set xlabel "λ_L"
set ylabel "λ_M"
set xrange [0:3.1]
set yrange [-0.6:1.05]
@two_rows
names = "relu abs tanh exp selu gelu x^3 sigmoid"
plot x with lines linestyle 8, "+" using (1):(-0.6 + 1.65 * column(0) / 99) with lines linestyle 8, \
     for [i=1:words(names)] table using (pick(word(names, i), column("L"))):"M" with lines linetype i linewidth 1 title word(names, i) noenhanced, \
     for [i=1:words(names)] table using (pick(word(names, i), column("L"))):"M":(0.3 + 0.3 * log10(column("B"))) with points linetype i pointtype 7 pointsize variable
